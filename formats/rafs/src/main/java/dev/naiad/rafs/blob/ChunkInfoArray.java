package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.LittleEndian;

/**
 * The two forms of chunk information records, as packed bit fields in little-endian words.
 * docs/formats/blob.md#chunk-information
 *
 * <pre>
 * v1, 16 bytes   w0: 63..44 size-1 low 20 bits | 43..12 uncompressed offset | 11..8 size-1 high 4 bits
 *                w1: 63..44 size-1 low 20 bits | 43..40 size-1 high 4 bits  | 39..0 compressed offset
 * v2, 24 bytes   w0: 63..56 flags | 55..32 uncompressed size-1 | 31..0 uncompressed offset / 4096
 *                w1: 63..40 compressed size | 39..0 compressed offset
 *                w2: context and offset in it (zran, batch), or CRC in the low half
 * </pre>
 */
public final class ChunkInfoArray {
    public static final int V1_SIZE = 16;
    public static final int V2_SIZE = 24;

    /** Flags of v2. */
    public static final int COMPRESSED = 0x1;

    public static final int ZRAN = 0x2;
    public static final int BATCH = 0x4;
    public static final int ENCRYPTED = 0x8;
    public static final int HAS_CRC = 0x10;

    private static final long V1_OFFSET_MASK = 0xfff_ffff_f000L;
    private static final long COMPRESSED_OFFSET_MASK = 0xff_ffff_ffffL;

    private ChunkInfoArray() {}

    static long v1UncompressedOffset(long w0) {
        return w0 & V1_OFFSET_MASK;
    }

    static int v1UncompressedSize(long w0) {
        return (int) ((w0 >>> 44 | (w0 >>> 8 & 0xf) << 20) + 1);
    }

    static int v1CompressedSize(long w1) {
        return (int) ((w1 >>> 44 | (w1 >>> 40 & 0xf) << 20) + 1);
    }

    static long compressedOffset(long w1) {
        return w1 & COMPRESSED_OFFSET_MASK;
    }

    static int v2Flags(long w0) {
        return (int) (w0 >>> 56);
    }

    static int v2UncompressedSize(long w0) {
        return (int) (w0 >>> 32 & 0xff_ffff) + 1;
    }

    static long v2UncompressedOffset(long w0) {
        return (w0 & 0xffff_ffffL) << 12;
    }

    static int v2CompressedSize(long w1) {
        return (int) (w1 >>> 40);
    }

    /**
     * Writes a v1 record. Sizes from 1 to 16 MiB, uncompressed offset a multiple of 4096 below
     * 2^44.
     */
    public static void writeV1(
            LittleEndian array,
            long at,
            long uncompressedOffset,
            int uncompressedSize,
            long compressedOffset,
            int compressedSize) {
        check(uncompressedOffset, uncompressedSize, compressedOffset, 1L << 44);
        long plain = uncompressedSize - 1L;
        long stored = compressedSize - 1L;
        array.putU64(
                        at,
                        (plain & 0xfffff) << 44
                                | (uncompressedOffset & V1_OFFSET_MASK)
                                | plain >>> 20 << 8)
                .putU64(at + 8, (stored & 0xfffff) << 44 | stored >>> 20 << 40 | compressedOffset);
    }

    /** Writes a v2 record; {@code detail} is the third word. */
    public static void writeV2(
            LittleEndian array,
            long at,
            int flags,
            long uncompressedOffset,
            int uncompressedSize,
            long compressedOffset,
            int compressedSize,
            long detail) {
        check(uncompressedOffset, uncompressedSize, compressedOffset, 1L << 44);
        array.putU64(
                        at,
                        (long) flags << 56
                                | (uncompressedSize - 1L) << 32
                                | uncompressedOffset >>> 12)
                .putU64(at + 8, (long) compressedSize << 40 | compressedOffset)
                .putU64(at + 16, detail);
    }

    private static void check(
            long uncompressedOffset, int uncompressedSize, long compressedOffset, long limit) {
        if (uncompressedOffset % 4096 != 0
                || uncompressedOffset < 0
                || uncompressedOffset >= limit
                || uncompressedSize < 1
                || uncompressedSize > 1 << 24
                || compressedOffset < 0
                || compressedOffset > COMPRESSED_OFFSET_MASK) {
            throw new IllegalArgumentException(
                    "a chunk of "
                            + uncompressedSize
                            + " bytes at "
                            + uncompressedOffset
                            + "/"
                            + compressedOffset);
        }
    }
}
