/** Compression of blocks that lie in memory: chunks of blobs. */
@NullMarked
package dev.naiad.codec.block;

import org.jspecify.annotations.NullMarked;
