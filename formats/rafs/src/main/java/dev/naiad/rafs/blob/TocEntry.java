package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.Compressor;
import java.nio.charset.StandardCharsets;

/**
 * An entry of a blob's table of contents, 128 bytes, little-endian. docs/formats/blob.md#toc
 *
 * <pre>
 * 0 u32 flags | 8 name 16 | 24 sha256 of the plain content 32 | 56 u64 offset | 64 u64 stored size | 72 u64 plain size
 * </pre>
 *
 * The last four bytes are garbage in files of 2.2-era builders and are ignored.
 */
@SuppressWarnings("ArrayRecordComponent") // a view of disk bytes
public record TocEntry(
        Compressor compressor,
        String name,
        byte[] digest,
        long offset,
        long compressedSize,
        long uncompressedSize) {
    public static final int SIZE = 128;

    private static final int NAME = 8;
    private static final int NAME_LENGTH = 16;
    private static final int DIGEST = 24;
    private static final int OFFSET = 56;
    private static final int COMPRESSED = 64;
    private static final int UNCOMPRESSED = 72;

    static TocEntry read(LittleEndian toc, long at) {
        int flags = toc.bits32(at) & 0xf;
        var compressor =
                switch (flags) {
                    case 1 -> Compressor.NONE;
                    case 2 -> Compressor.ZSTD;
                    case 4 -> Compressor.LZ4_BLOCK;
                    default ->
                            throw toc.corrupt(
                                    at,
                                    "one of the flags 1, 2 and 4",
                                    "0x" + Integer.toHexString(flags));
                };
        byte[] name = toc.bytes(at + NAME, NAME_LENGTH);
        int length = 0;
        while (length < NAME_LENGTH && name[length] != 0) {
            length++;
        }
        return new TocEntry(
                compressor,
                new String(name, 0, length, StandardCharsets.US_ASCII),
                toc.bytes(at + DIGEST, 32),
                toc.u64(at + OFFSET),
                toc.u64(at + COMPRESSED),
                toc.u64(at + UNCOMPRESSED));
    }

    void write(LittleEndian toc, long at) {
        int flags =
                switch (compressor) {
                    case NONE, GZIP -> 1;
                    case ZSTD -> 2;
                    case LZ4_BLOCK -> 4;
                };
        toc.putU32(at, flags)
                .putBytes(at + NAME, name.getBytes(StandardCharsets.US_ASCII))
                .putBytes(at + DIGEST, digest)
                .putU64(at + OFFSET, offset)
                .putU64(at + COMPRESSED, compressedSize)
                .putU64(at + UNCOMPRESSED, uncompressedSize);
    }

    /** False for a digest of zeros, which means "unknown". */
    public boolean hasDigest() {
        for (byte b : digest) {
            if (b != 0) {
                return true;
            }
        }
        return false;
    }
}
