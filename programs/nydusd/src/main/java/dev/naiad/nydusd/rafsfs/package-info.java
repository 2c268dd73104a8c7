/**
 * A RAFS image as a filesystem: metadata from the mapped bootstrap, data through the blob cache.
 */
@NullMarked
package dev.naiad.nydusd.rafsfs;

import org.jspecify.annotations.NullMarked;
