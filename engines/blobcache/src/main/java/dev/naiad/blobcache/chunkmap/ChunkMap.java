package dev.naiad.blobcache.chunkmap;

/**
 * One bit for each chunk of a blob: its bytes are in the cache file. Bits only ever go from absent
 * to ready. Safe for use by many threads; {@link #close} must come after the last use.
 */
public interface ChunkMap extends AutoCloseable {
    /** The number of chunks. */
    int count();

    /** Whether the chunk's bytes can be read from the cache file. */
    boolean isReady(int chunk);

    /** Says so. To be called after the bytes were written, never before. */
    void setReady(int chunk);

    /** How many chunks are ready; counted at each call. */
    int readyCount();

    @Override
    void close();
}
