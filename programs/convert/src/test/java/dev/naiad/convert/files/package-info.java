/** Tests of files that tools write. */
@NullMarked
package dev.naiad.convert.files;

import org.jspecify.annotations.NullMarked;
