package dev.naiad.rafs;

import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.block.BlockCodecs;
import dev.naiad.codec.block.Compression;
import java.util.Optional;

/**
 * How chunk data is compressed; {@code code} is the number on disk, {@code word} the one of command
 * lines and JSON.
 */
public enum Compressor {
    NONE(0, "none", SuperFlags.COMPRESSION_NONE),
    LZ4_BLOCK(1, "lz4_block", SuperFlags.COMPRESSION_LZ4),
    GZIP(2, "gzip", SuperFlags.COMPRESSION_GZIP),
    ZSTD(3, "zstd", SuperFlags.COMPRESSION_ZSTD);

    private final int code;
    private final String word;
    private final long superFlag;

    Compressor(int code, String word, long superFlag) {
        this.code = code;
        this.word = word;
        this.superFlag = superFlag;
    }

    public int code() {
        return code;
    }

    public String word() {
        return word;
    }

    /** The superblock flag of this compressor. */
    public long superFlag() {
        return superFlag;
    }

    /** A codec with the default level of RAFS builders. */
    public BlockCodec codec() {
        return BlockCodecs.of(
                switch (this) {
                    case NONE -> Compression.NONE;
                    case LZ4_BLOCK -> Compression.LZ4_BLOCK;
                    case GZIP -> Compression.GZIP;
                    case ZSTD -> Compression.ZSTD;
                });
    }

    public static Optional<Compressor> ofCode(long code) {
        for (var compressor : values()) {
            if (compressor.code == code) {
                return Optional.of(compressor);
            }
        }
        return Optional.empty();
    }

    public static Optional<Compressor> ofWord(String word) {
        for (var compressor : values()) {
            if (compressor.word.equals(word)) {
                return Optional.of(compressor);
            }
        }
        return Optional.empty();
    }

    /**
     * Decodes superblock flags; where several bits are set the first of none, lz4, gzip, zstd wins,
     * and none at all means lz4.
     */
    public static Compressor ofSuperFlags(long flags) {
        if ((flags & SuperFlags.COMPRESSION_NONE) != 0) {
            return NONE;
        }
        if ((flags & SuperFlags.COMPRESSION_LZ4) != 0) {
            return LZ4_BLOCK;
        }
        if ((flags & SuperFlags.COMPRESSION_GZIP) != 0) {
            return GZIP;
        }
        return (flags & SuperFlags.COMPRESSION_ZSTD) != 0 ? ZSTD : LZ4_BLOCK;
    }
}
