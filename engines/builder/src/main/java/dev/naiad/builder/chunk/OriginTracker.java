package dev.naiad.builder.chunk;

/**
 * Tracks a stream that is never read ahead, and where its chunks are in what is stored. For the
 * thread that reads.
 */
public interface OriginTracker {
    /** The next byte of the stream is the first of a chunk. */
    void begin();

    /** The chunk that has begun was read. */
    ChunkOrigin end();
}
