package dev.naiad.backend.localdisk;

import dev.naiad.base.error.CorruptFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The partitions of a disk with a GUID partition table (UEFI specification, chapter 5; sectors of
 * 512 bytes, little-endian).
 *
 * <pre>
 * header at 512:   0 "EFI PART" | 12 size 4 | 16 CRC-32 4 | 72 first sector of the entries 8 | 80 count 4 | 84 size of one 4 | 88 their CRC-32 4
 * entry:           0 type 16 | 16 GUID 16 | 32 first sector 8 | 40 last sector 8 | 56 name, UTF-16, 72
 * </pre>
 */
record GptTable(List<Partition> partitions) {
    private static final int SECTOR = 512;
    private static final int HEADER = 92;
    private static final int HEADER_CRC = 16;
    private static final int ENTRY = 128;
    private static final int NAME = 56;
    private static final int NAME_BYTES = 72;
    private static final int MAX_TABLE = 1 << 20;
    private static final byte[] MAGIC = "EFI PART".getBytes(StandardCharsets.US_ASCII);

    GptTable {
        partitions = List.copyOf(partitions);
    }

    /**
     * A partition.
     *
     * @param guid its own, 32 hexadecimal digits as it is written, without dashes
     * @param offset in the disk, in bytes
     */
    record Partition(String name, String guid, long offset, long size) {}

    /**
     * Reads it.
     *
     * @param name of the disk, for errors
     */
    static GptTable read(FileChannel disk, String name) throws IOException {
        ByteBuffer header = bytes(disk, SECTOR, HEADER, name);
        byte[] magic = new byte[MAGIC.length];
        header.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new CorruptFormatException(
                    name, SECTOR, "a GUID partition table", HexFormat.of().formatHex(magic));
        }
        int headerSize = header.getInt(12);
        if (headerSize < HEADER || headerSize > SECTOR) {
            throw new CorruptFormatException(
                    name, SECTOR + 12, "a header of 92 to 512 bytes", headerSize + " bytes");
        }
        ByteBuffer whole = bytes(disk, SECTOR, headerSize, name);
        int crc = whole.getInt(HEADER_CRC);
        whole.putInt(HEADER_CRC, 0);
        check(whole, crc, name, SECTOR);
        int count = whole.getInt(80);
        int size = whole.getInt(84);
        if (size < ENTRY || count < 0 || (long) count * size > MAX_TABLE) {
            throw new CorruptFormatException(
                    name, SECTOR + 80, "at most 1 MiB of entries", count + " of " + size);
        }
        long first = sector(whole.getLong(72), name, SECTOR + 72);
        ByteBuffer entries = bytes(disk, first, count * size, name);
        check(entries, whole.getInt(88), name, first);
        var partitions = new ArrayList<Partition>();
        for (int i = 0; i < count; i++) {
            var entry = entries.slice(i * size, size).order(ByteOrder.LITTLE_ENDIAN);
            if (entry.getLong(0) != 0 || entry.getLong(8) != 0) {
                partitions.add(partition(entry, disk.size(), name, first + (long) i * size));
            }
        }
        return new GptTable(partitions);
    }

    private static Partition partition(ByteBuffer entry, long capacity, String disk, long at) {
        long begin = sector(entry.getLong(32), disk, at + 32);
        long last = sector(entry.getLong(40), disk, at + 40);
        if (last < begin || last > capacity - SECTOR) {
            throw new CorruptFormatException(
                    disk,
                    at + 32,
                    "a partition inside the " + capacity + " bytes",
                    begin + " to " + last);
        }
        byte[] text = new byte[NAME_BYTES];
        entry.get(NAME, text);
        String name = new String(text, StandardCharsets.UTF_16LE);
        int end = name.indexOf(0);
        return new Partition(
                end < 0 ? name : name.substring(0, end), guid(entry), begin, last + SECTOR - begin);
    }

    /** The first three fields are little-endian numbers, the rest are bytes. */
    private static String guid(ByteBuffer entry) {
        byte[] rest = new byte[8];
        entry.get(24, rest);
        return String.format(
                "%08x%04x%04x%s",
                entry.getInt(16),
                entry.getShort(20) & 0xffff,
                entry.getShort(22) & 0xffff,
                HexFormat.of().formatHex(rest));
    }

    private static long sector(long number, String disk, long at) {
        if (number < 0 || number > Long.MAX_VALUE / SECTOR - 1) {
            throw new CorruptFormatException(disk, at, "a sector's number", Long.toString(number));
        }
        return number * SECTOR;
    }

    private static void check(ByteBuffer bytes, int wanted, String disk, long at) {
        var crc = new CRC32();
        crc.update(bytes.duplicate().rewind());
        if ((int) crc.getValue() != wanted) {
            throw new CorruptFormatException(
                    disk,
                    at,
                    "CRC-32 " + Integer.toHexString(wanted),
                    Long.toHexString(crc.getValue()));
        }
    }

    private static ByteBuffer bytes(FileChannel disk, long at, int count, String name)
            throws IOException {
        var buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (disk.read(buffer, at + buffer.position()) < 0) {
                throw new CorruptFormatException(
                        name, at, count + " bytes of a partition table", "the end of the disk");
            }
        }
        return buffer.flip();
    }
}
