package dev.naiad.codec.block;

/** Makes the codec of an algorithm. */
public final class BlockCodecs {
    private BlockCodecs() {}

    /** The default level of RAFS builders for this algorithm. */
    public static BlockCodec of(Compression compression) {
        return of(compression, compression.defaultLevel());
    }

    /** A codec that compresses with {@code level}; algorithms without levels ignore it. */
    public static BlockCodec of(Compression compression, int level) {
        return switch (compression) {
            case NONE -> new CopyCodec();
            case LZ4_BLOCK -> new Lz4BlockCodec();
            case ZSTD -> new ZstdBlockCodec(level);
            case GZIP -> new GzipBlockCodec(level);
        };
    }
}
