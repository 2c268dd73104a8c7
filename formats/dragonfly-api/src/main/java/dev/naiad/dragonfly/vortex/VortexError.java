package dev.naiad.dragonfly.vortex;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** An answer that is none: u8 code, then UTF-8 text. */
public record VortexError(Code code, String message) {
    /** The codes of the wire; reserved ones read as {@link #UNKNOWN}. */
    public enum Code {
        UNKNOWN(0),
        INVALID_ARGUMENT(1),
        NOT_FOUND(2),
        INTERNAL(3);

        private final int wire;

        Code(int wire) {
            this.wire = wire;
        }

        private static Code of(int wire) {
            for (Code code : values()) {
                if (code.wire == wire) {
                    return code;
                }
            }
            return UNKNOWN;
        }
    }

    public ByteBuffer encode(int id) {
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(VortexHeader.SIZE + 1 + text.length);
        new VortexHeader(id, VortexTag.ERROR, 1 + text.length).write(out);
        return out.put((byte) code.wire).put(text).flip();
    }

    public static VortexError decode(ByteBuffer value) throws VortexException {
        if (!value.hasRemaining()) {
            throw new VortexException("empty Vortex error");
        }
        Code code = Code.of(value.get() & 0xff);
        return new VortexError(code, StandardCharsets.UTF_8.decode(value).toString());
    }
}
