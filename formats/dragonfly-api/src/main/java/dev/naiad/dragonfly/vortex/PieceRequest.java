package dev.naiad.dragonfly.vortex;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A child asks for one piece: header, 64 ASCII characters of task id, u32 piece number; 74 bytes.
 */
public record PieceRequest(int id, VortexTag tag, String taskId, int pieceNumber) {
    static final int TASK_ID_SIZE = 64;
    public static final int VALUE_SIZE = TASK_ID_SIZE + 4;
    public static final int SIZE = VortexHeader.SIZE + VALUE_SIZE;

    public PieceRequest {
        if (taskId.length() != TASK_ID_SIZE) {
            throw new IllegalArgumentException("task id of " + taskId.length() + " characters");
        }
    }

    /** The request as its 74 bytes, ready to be read from. */
    public ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(SIZE);
        new VortexHeader(id, tag, VALUE_SIZE).write(out);
        out.put(taskId.getBytes(StandardCharsets.US_ASCII)).putInt(pieceNumber);
        return out.flip();
    }

    /** Reads the value that {@code header} announced. */
    public static PieceRequest decode(VortexHeader header, ByteBuffer value)
            throws VortexException {
        if (header.length() != VALUE_SIZE) {
            throw new VortexException(
                    "piece request of " + header.length() + " bytes, " + VALUE_SIZE + " expected");
        }
        byte[] id = new byte[TASK_ID_SIZE];
        value.get(id);
        int number = value.getInt();
        if (number < 0) {
            throw new VortexException("piece number " + Integer.toUnsignedString(number));
        }
        return new PieceRequest(
                header.id(), header.tag(), new String(id, StandardCharsets.US_ASCII), number);
    }
}
