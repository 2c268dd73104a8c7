package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.CorruptFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * The tar header that follows a section of a blob (512 bytes, GNU magic): name and size only, mode
 * and owners are zero bytes. docs/formats/blob.md#sections
 */
public record SectionHeader(String name, long size) {
    public static final int SIZE = 512;

    public static final String IMAGE_BLOB = "image.blob";
    public static final String BLOB_META = "blob.meta";
    public static final String BLOB_META_HEADER = "blob.meta.header";
    public static final String BLOB_DIGEST = "blob.digest";
    public static final String IMAGE_BOOT = "image.boot";
    public static final String TOC = "rafs.blob.toc";

    private static final int NAME_LENGTH = 100;
    private static final int SIZE_FIELD = 124;
    private static final int MTIME = 136;
    private static final int CHECKSUM = 148;
    private static final int TYPE = 156;
    private static final int MAGIC = 257;
    private static final byte[] GNU_MAGIC = "ustar  \0".getBytes(StandardCharsets.US_ASCII);

    /** The 512 bytes. */
    public byte[] toBytes() {
        byte[] header = new byte[SIZE];
        put(header, 0, name);
        // compat: original readers parse 11 octal digits; larger sections (8 GiB up) use tar's
        // base-256 form, which their tar reader knows.
        if (size <= 077777777777L) {
            put(header, SIZE_FIELD, octal(size, 11));
        } else {
            header[SIZE_FIELD] = (byte) 0x80;
            for (int i = 0; i < 8; i++) {
                header[SIZE_FIELD + 4 + i] = (byte) (size >>> (8 * (7 - i)));
            }
        }
        put(header, MTIME, "00000000000");
        header[TYPE] = '0';
        System.arraycopy(GNU_MAGIC, 0, header, MAGIC, GNU_MAGIC.length);
        put(header, CHECKSUM, octal(sum(header), 7));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    private static String octal(long value, int digits) {
        return String.format("%0" + digits + "o", value);
    }

    private static long sum(byte[] header) {
        long sum = 0;
        for (int i = 0; i < SIZE; i++) {
            sum += i >= CHECKSUM && i < CHECKSUM + 8 ? ' ' : header[i] & 0xff;
        }
        return sum;
    }

    /** Whether the 512 bytes at {@code at} are such a header at all. */
    public static boolean matches(MemorySegment bytes, long at) {
        if (at < 0 || at > bytes.byteSize() - SIZE) {
            return false;
        }
        return bytes.asSlice(at + MAGIC, 6).mismatch(MemorySegment.ofArray(GNU_MAGIC).asSlice(0, 6))
                < 0;
    }

    /** Decodes the header at {@code at} and checks its sum. */
    public static SectionHeader read(MemorySegment bytes, long at, String file) {
        var view = LittleEndian.slice(bytes, at, SIZE, file);
        byte[] header = view.bytes(0, SIZE);
        if (!matches(bytes, at)) {
            throw new CorruptFormatException(file, at + MAGIC, "a GNU tar header", "other bytes");
        }
        long stored = number(header, CHECKSUM, 8, file, at);
        if (stored != sum(header)) {
            throw new CorruptFormatException(
                    file, at + CHECKSUM, "checksum " + sum(header), Long.toString(stored));
        }
        if (header[TYPE] != '0' && header[TYPE] != 0) {
            throw new CorruptFormatException(
                    file, at + TYPE, "a regular entry", "type " + (char) header[TYPE]);
        }
        int length = 0;
        while (length < NAME_LENGTH && header[length] != 0) {
            length++;
        }
        return new SectionHeader(
                new String(header, 0, length, StandardCharsets.US_ASCII),
                number(header, SIZE_FIELD, 12, file, at));
    }

    private static long number(byte[] header, int from, int length, String file, long at) {
        long value = 0;
        if ((header[from] & 0x80) != 0) {
            for (int i = from + length - 8; i < from + length; i++) {
                value = value << 8 | (header[i] & 0xff);
            }
            if (value < 0) {
                throw new CorruptFormatException(
                        file, at + from, "a size below 2^63", Long.toUnsignedString(value));
            }
            return value;
        }
        for (int i = from; i < from + length && header[i] != 0 && header[i] != ' '; i++) {
            if (header[i] < '0' || header[i] > '7') {
                throw new CorruptFormatException(
                        file, at + i, "an octal digit", "byte " + (header[i] & 0xff));
            }
            value = value << 3 | header[i] - '0';
        }
        return value;
    }
}
