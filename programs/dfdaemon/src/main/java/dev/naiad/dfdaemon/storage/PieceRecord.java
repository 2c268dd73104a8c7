package dev.naiad.dfdaemon.storage;

import dev.naiad.dragonfly.PieceDigest;
import dev.naiad.dragonfly.api.common.TrafficType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * One finished piece. On disk 256 bytes, little-endian, valid only if its own checksum fits, so a
 * record that was half written reads as absent.
 *
 * <pre>
 *   0 u32 magic "PIEC"     4 u32 number      8 u64 offset    16 u64 length
 *  24 u32 crc32           28 u8 traffic     29 u8 0          30 u16 bytes of parent id
 *  32 sha256 (32)         64 u64 cost ms    72 u64 created, Unix ms
 *  80 parent id (172)    252 u32 CRC-32C of bytes 0..251
 * </pre>
 */
public record PieceRecord(
        int number,
        long offset,
        long length,
        long crc32,
        Sha256 sha256,
        TrafficType traffic,
        String parentId,
        Duration cost,
        Instant createdAt) {
    static final int SIZE = 256;
    private static final int MAGIC = 0x43454950;
    private static final int PARENT = 80;
    private static final int CHECK = 252;

    /** The digest of the piece as other peers read it. */
    public String digest() {
        return PieceDigest.format(crc32);
    }

    /** Whether the bytes in a content file are those of the piece. */
    boolean isIn(FileChannel content) throws IOException {
        var crc = new CRC32();
        ByteBuffer buffer = ByteBuffer.allocate(256 << 10);
        long at = offset;
        long end = offset + length;
        while (at < end) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
            int read = content.read(buffer, at);
            if (read <= 0) {
                return false;
            }
            crc.update(buffer.flip());
            at += read;
        }
        return crc.getValue() == crc32;
    }

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        byte[] parent = parentId.getBytes(StandardCharsets.UTF_8);
        int parentSize = Math.min(parent.length, CHECK - PARENT);
        out.putInt(MAGIC).putInt(number).putLong(offset).putLong(length).putInt((int) crc32);
        out.put((byte) traffic.getNumber()).put((byte) 0).putShort((short) parentSize);
        out.put(sha256.bytes()).putLong(cost.toMillis()).putLong(createdAt.toEpochMilli());
        out.put(parent, 0, parentSize);
        out.putInt(CHECK, checksum(out.array()));
        return out.clear();
    }

    /** The record in {@code in}, or empty if there is none or only a part of one. */
    static Optional<PieceRecord> decode(ByteBuffer in) {
        in.order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() < SIZE || in.getInt(0) != MAGIC) {
            return Optional.empty();
        }
        byte[] all = new byte[SIZE];
        in.get(0, all);
        if (checksum(all) != in.getInt(CHECK)) {
            return Optional.empty();
        }
        int parentSize = in.getShort(30) & 0xffff;
        TrafficType traffic = TrafficType.forNumber(in.get(28));
        if (parentSize > CHECK - PARENT || traffic == null) {
            return Optional.empty();
        }
        return Optional.of(
                new PieceRecord(
                        in.getInt(4),
                        in.getLong(8),
                        in.getLong(16),
                        in.getInt(24) & 0xffff_ffffL,
                        new Sha256(Arrays.copyOfRange(all, 32, 64)),
                        traffic,
                        new String(all, PARENT, parentSize, StandardCharsets.UTF_8),
                        Duration.ofMillis(in.getLong(64)),
                        Instant.ofEpochMilli(in.getLong(72))));
    }

    private static int checksum(byte[] record) {
        var crc = new CRC32C();
        crc.update(record, 0, CHECK);
        return (int) crc.getValue();
    }
}
