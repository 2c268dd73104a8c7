package dev.naiad.dragonfly;

import java.util.OptionalLong;

/** The digest of a piece as text: {@code crc32:} and the CRC-32 in decimal, without padding. */
public final class PieceDigest {
    private static final String PREFIX = "crc32:";

    private PieceDigest() {}

    public static String format(long crc32) {
        return PREFIX + crc32;
    }

    /**
     * The CRC-32 that {@code digest} names, or empty if it names none. Values are compared as
     * numbers because some peers pad them to ten digits.
     */
    public static OptionalLong parse(String digest) {
        int digits = digest.length() - PREFIX.length();
        if (!digest.startsWith(PREFIX) || digits < 1 || digits > 10) {
            return OptionalLong.empty();
        }
        long value = 0;
        for (int i = PREFIX.length(); i < digest.length(); i++) {
            int digit = digest.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return OptionalLong.empty();
            }
            value = value * 10 + digit;
        }
        return value <= 0xffff_ffffL ? OptionalLong.of(value) : OptionalLong.empty();
    }
}
