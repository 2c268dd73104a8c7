package dev.naiad.dragonfly.vortex;

import java.nio.ByteBuffer;

/**
 * The six bytes before every value, big-endian.
 *
 * <pre>
 * 0  u8   id, random, never compared
 * 1  u8   tag
 * 2  u32  length of the value
 * </pre>
 *
 * The content of a piece stands behind the value and is not counted in its length.
 */
public record VortexHeader(int id, VortexTag tag, int length) {
    public static final int SIZE = 6;

    /** No value we read is longer; what claims to be is refused before anything is allocated. */
    public static final int MAX_LENGTH = 64 << 10;

    void write(ByteBuffer out) {
        out.put((byte) id).put((byte) tag.code()).putInt(length);
    }

    /** Reads a header from six bytes. */
    public static VortexHeader read(ByteBuffer in) throws VortexException {
        int id = in.get() & 0xff;
        int code = in.get() & 0xff;
        int length = in.getInt();
        VortexTag tag =
                VortexTag.of(code)
                        .orElseThrow(() -> new VortexException("reserved Vortex tag " + code));
        if (length < 0 || length > MAX_LENGTH) {
            throw new VortexException(
                    "Vortex value of "
                            + Integer.toUnsignedString(length)
                            + " bytes, at most "
                            + MAX_LENGTH
                            + " expected");
        }
        return new VortexHeader(id, tag, length);
    }
}
