package dev.naiad.dragonfly.vortex;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a parent says about a piece before its content follows, big-endian.
 *
 * <pre>
 * u32 metadata length = 45 + digest + parent id | u32 number | u64 offset | u64 length
 * u32 n, digest | u32 n, parent id | u8 traffic type | u64 cost, whole seconds | i64 created, Unix seconds
 * </pre>
 *
 * @param digest {@code crc32:decimal}, or empty
 * @param parentId from whom the sender had it, or empty
 */
public record PieceContent(
        int number,
        long offset,
        long length,
        String digest,
        String parentId,
        int trafficType,
        long costSeconds,
        long createdAt) {
    /** What a server always sends. */
    public static final int REMOTE_PEER = 1;

    private static final int FIXED = 45;

    /** Header and value; the content itself is written behind them. */
    public ByteBuffer encode(int id, VortexTag tag) {
        byte[] digestBytes = digest.getBytes(StandardCharsets.UTF_8);
        byte[] parentBytes = parentId.getBytes(StandardCharsets.UTF_8);
        int metadata = FIXED + digestBytes.length + parentBytes.length;
        ByteBuffer out = ByteBuffer.allocate(VortexHeader.SIZE + 4 + metadata);
        new VortexHeader(id, tag, 4 + metadata).write(out);
        out.putInt(metadata).putInt(number).putLong(offset).putLong(length);
        out.putInt(digestBytes.length).put(digestBytes);
        out.putInt(parentBytes.length).put(parentBytes);
        out.put((byte) trafficType).putLong(costSeconds).putLong(createdAt);
        return out.flip();
    }

    /** Reads the value that a header of tag {@code PIECE_CONTENT} announced. */
    public static PieceContent decode(ByteBuffer value) throws VortexException {
        if (value.remaining() < 4 + FIXED) {
            throw new VortexException("piece metadata of " + value.remaining() + " bytes");
        }
        int metadata = value.getInt();
        if (metadata != value.remaining()) {
            throw new VortexException(
                    "piece metadata length " + metadata + " in " + value.remaining() + " bytes");
        }
        int number = value.getInt();
        long offset = value.getLong();
        long length = value.getLong();
        String digest = text(value, "digest");
        String parentId = text(value, "parent id");
        if (value.remaining() != 17) {
            throw new VortexException("piece metadata ends with " + value.remaining() + " bytes");
        }
        int trafficType = value.get() & 0xff;
        long cost = value.getLong();
        long created = value.getLong();
        if (number < 0 || offset < 0 || length < 0) {
            throw new VortexException("piece number, offset or length out of range");
        }
        return new PieceContent(
                number, offset, length, digest, parentId, trafficType, cost, created);
    }

    private static String text(ByteBuffer value, String what) throws VortexException {
        int length = value.remaining() < 4 ? -1 : value.getInt();
        if (length < 0 || length > value.remaining()) {
            throw new VortexException("piece metadata: " + what + " of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        value.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
