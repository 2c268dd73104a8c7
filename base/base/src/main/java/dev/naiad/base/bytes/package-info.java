/** Values made of bytes: ranges, sizes, digests, bounds-checked views. */
@NullMarked
package dev.naiad.base.bytes;

import org.jspecify.annotations.NullMarked;
