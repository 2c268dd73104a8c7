package dev.naiad.blobcache.chunkmap;

/**
 * One bit for each chunk of a blob: its bytes are in the cache file. Safe for use by many threads;
 * {@link #close} must come after the last use.
 */
public interface ChunkMap extends AutoCloseable {
    /** The number of chunks. */
    int count();

    /** Whether the chunk's bytes can be handed out from the cache file. */
    boolean isReady(int chunk);

    /**
     * Whether the chunk is said to be in the cache file, but was written under another boot of the
     * machine and not looked at since: its bytes may be zeros, and must be checked first.
     */
    default boolean isUnchecked(int chunk) {
        return false;
    }

    /** Says that the chunk is ready. To be called after the bytes were written, never before. */
    void setReady(int chunk);

    /** Says that an unchecked chunk's bytes are right. */
    default void setChecked(int chunk) {}

    /** Says that the chunk's bytes are wrong. */
    void clear(int chunk);

    /** How many chunks the file is said to hold, checked or not; counted at each call. */
    int readyCount();

    @Override
    void close();
}
