/** The working directory of a conversion. */
@NullMarked
package dev.naiad.convert.files;

import org.jspecify.annotations.NullMarked;
