package dev.naiad.codec.block;

import dev.naiad.base.bytes.LittleEndian;
import java.lang.foreign.MemorySegment;

/**
 * The header of a gzip member: 10 bytes, then extra field, name, comment and header checksum as its
 * flags say (RFC 1952).
 */
public final class GzipHeader {
    private static final int HCRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;

    private GzipHeader() {}

    /**
     * The header's length.
     *
     * @throws dev.naiad.base.error.CorruptFormatException if it is none or not whole
     */
    public static int length(MemorySegment member, String what) {
        var at = LittleEndian.of(member, what);
        if (at.u16(0) != 0x8b1f) {
            throw at.corrupt(0, "gzip's magic 1f 8b", Integer.toHexString(at.u16(0)));
        }
        if (at.u8(2) != 8) {
            throw at.corrupt(2, "method 8 (deflate)", Integer.toString(at.u8(2)));
        }
        int flags = at.u8(3);
        if ((flags & 0xe0) != 0) {
            throw at.corrupt(3, "no reserved flags", Integer.toString(flags));
        }
        at.u8(9);
        int length = 10;
        if ((flags & EXTRA) != 0) {
            length += 2 + at.u16(length);
        }
        for (int text : new int[] {NAME, COMMENT}) {
            if ((flags & text) != 0) {
                while (at.u8(length) != 0) {
                    length++;
                }
                length++;
            }
        }
        length += (flags & HCRC) != 0 ? 2 : 0;
        if (length > at.size()) {
            throw at.corrupt(0, "a header of " + length + " bytes", at.size() + " bytes");
        }
        return length;
    }
}
