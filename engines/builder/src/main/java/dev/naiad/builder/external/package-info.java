/**
 * Directory builds of which some files are left out, or lie in blobs that exist already: what an
 * attributes file says, and the second image that it leads to.
 */
@NullMarked
package dev.naiad.builder.external;

import org.jspecify.annotations.NullMarked;
