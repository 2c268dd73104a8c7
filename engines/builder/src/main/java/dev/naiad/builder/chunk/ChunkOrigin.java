package dev.naiad.builder.chunk;

import dev.naiad.rafs.ChunkInfo;

/**
 * Where the bytes of a chunk are in the stream it was read from.
 *
 * @param offset in the stored stream
 * @param size stored bytes: of compressed ones those that were used up while the chunk came out
 * @param context number of the stretch that is decoded for it, or {@link #PLAIN}
 * @param contextOffset in what that stretch decodes to
 */
public record ChunkOrigin(long offset, int size, int context, int contextOffset) {
    /** The chunk's bytes are stored there unchanged. */
    public static final int PLAIN = -1;

    /** Records it as the place of a chunk. */
    void record(ChunkStore store, int number, int crc32c) {
        // A checksum of 0 reads as "none": readers refuse the flag beside it.
        int flags = crc32c == 0 ? 0 : ChunkInfo.HAS_CRC;
        if (context == PLAIN) {
            store.stored(number, offset, size, flags, crc32c);
        } else {
            store.stored(number, offset, size, flags | ChunkInfo.COMPRESSED, crc32c);
            store.inUnit(number, context, contextOffset);
        }
    }
}
