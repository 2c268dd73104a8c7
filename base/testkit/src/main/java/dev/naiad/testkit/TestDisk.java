package dev.naiad.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;

/** Makes disks with a GUID partition table. */
public final class TestDisk {
    private static final int SECTOR = 512;
    private static final int ENTRIES = 128;
    private static final int ENTRY = 128;
    private static final int FIRST = 2 + ENTRIES * ENTRY / SECTOR;

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Partition(String name, String guid, byte[] content) {}

    private final List<Partition> partitions = new ArrayList<>();

    /**
     * A partition.
     *
     * @param guid 32 hexadecimal digits
     */
    public TestDisk partition(String name, String guid, byte[] content) {
        partitions.add(new Partition(name, guid, content));
        return this;
    }

    /** A blob: half of its id is the partition's name, half its GUID. */
    public TestDisk blob(String id, byte[] content) {
        return partition(id.substring(0, 32), id.substring(32), content);
    }

    public byte[] bytes() {
        int sectors = FIRST;
        for (var each : partitions) {
            sectors += sectors(each);
        }
        var disk = ByteBuffer.allocate((sectors + FIRST) * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
        int at = FIRST;
        for (int i = 0; i < partitions.size(); i++) {
            var each = partitions.get(i);
            entry(disk.slice(2 * SECTOR + i * ENTRY, ENTRY), each, at);
            disk.put(at * SECTOR, each.content);
            at += sectors(each);
        }
        disk.put(SECTOR, "EFI PART".getBytes(StandardCharsets.US_ASCII));
        disk.putInt(SECTOR + 8, 0x10000).putInt(SECTOR + 12, 92);
        disk.putLong(SECTOR + 24, 1).putLong(SECTOR + 40, FIRST).putLong(SECTOR + 48, at - 1);
        disk.putLong(SECTOR + 72, 2).putInt(SECTOR + 80, ENTRIES).putInt(SECTOR + 84, ENTRY);
        disk.putInt(SECTOR + 88, crc(disk.array(), 2 * SECTOR, ENTRIES * ENTRY));
        disk.putInt(SECTOR + 16, crc(disk.array(), SECTOR, 92));
        return disk.array();
    }

    private static int sectors(Partition partition) {
        return Math.max(1, (partition.content.length + SECTOR - 1) / SECTOR);
    }

    private static void entry(ByteBuffer slice, Partition partition, int first) {
        var entry = slice.order(ByteOrder.LITTLE_ENDIAN);
        entry.put(0, HexFormat.of().parseHex("af3dc60f838472478e793d69d8477de4"));
        byte[] guid = HexFormat.of().parseHex(partition.guid);
        var fields = ByteBuffer.wrap(guid);
        entry.putInt(16, fields.getInt()).putShort(20, fields.getShort());
        entry.putShort(22, fields.getShort()).put(24, guid, 8, 8);
        entry.putLong(32, first).putLong(40, first + sectors(partition) - 1L);
        entry.put(56, partition.name.getBytes(StandardCharsets.UTF_16LE));
    }

    private static int crc(byte[] bytes, int from, int count) {
        var crc = new CRC32();
        crc.update(bytes, from, count);
        return (int) crc.getValue();
    }

    public Path write(Path file) throws IOException {
        return Files.write(file, bytes());
    }
}
