package dev.naiad.rafs;

/** Bounds that the format sets and that readers hold before they allocate anything. */
public final class BlobLimits {
    /** Chunks of one blob. */
    public static final int MAX_CHUNKS = 1 << 24;

    /** Blobs of a v6 bootstrap: the device id has 8 bits and 0 is taken. */
    public static final int MAX_BLOBS = 254;

    public static final int MIN_CHUNK_SIZE = 0x1000;
    public static final int MAX_CHUNK_SIZE = 0x100_0000;
    public static final long MAX_UNCOMPRESSED_SIZE = 1L << 44;
    public static final long MAX_COMPRESSED_SIZE = 1L << 40;

    /** Bytes of a file name; Linux has no longer ones. */
    public static final int MAX_NAME = 255;

    /** Bytes of a symlink's target; Linux follows no longer ones. */
    public static final int MAX_SYMLINK = 4096;

    private BlobLimits() {}

    public static boolean isChunkSize(long size) {
        return size >= MIN_CHUNK_SIZE && size <= MAX_CHUNK_SIZE && Long.bitCount(size) == 1;
    }
}
