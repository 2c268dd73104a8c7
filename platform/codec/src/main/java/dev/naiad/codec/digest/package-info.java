/** Digests, with an own BLAKE3. */
@NullMarked
package dev.naiad.codec.digest;

import org.jspecify.annotations.NullMarked;
