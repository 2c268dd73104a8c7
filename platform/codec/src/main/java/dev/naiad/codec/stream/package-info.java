/** Compression of streams: layers. */
@NullMarked
package dev.naiad.codec.stream;

import org.jspecify.annotations.NullMarked;
