package dev.naiad.base.bytes;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.HexFormat;

/** Lower-case hexadecimal. */
public final class Hex {
    private static final HexFormat FORMAT = HexFormat.of();

    private Hex() {}

    /** Two lower-case digits a byte. */
    public static String encode(byte[] bytes) {
        return FORMAT.formatHex(bytes);
    }

    /** Two lower-case digits a byte of {@code bytes[from, to)}. */
    public static String encode(byte[] bytes, int from, int to) {
        return FORMAT.formatHex(bytes, from, to);
    }

    /**
     * The bytes; both cases are read.
     *
     * @throws NaiadException INVALID_ARGUMENT for anything but pairs of digits
     */
    public static byte[] decode(String text) {
        try {
            return FORMAT.parseHex(text);
        } catch (IllegalArgumentException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "\"" + text + "\" is not hexadecimal", e);
        }
    }

    /** Whether the text consists of lower-case digits only, {@code digits} of them. */
    public static boolean isLowerHex(String text, int digits) {
        if (text.length() != digits) {
            return false;
        }
        for (int i = 0; i < digits; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }
}
