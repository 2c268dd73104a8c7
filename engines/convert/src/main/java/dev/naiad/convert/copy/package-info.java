/** Images and blobs that move as they are. */
@NullMarked
package dev.naiad.convert.copy;

import org.jspecify.annotations.NullMarked;
