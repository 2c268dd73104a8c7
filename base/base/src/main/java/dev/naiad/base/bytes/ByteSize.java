package dev.naiad.base.bytes;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.math.BigDecimal;
import java.util.Locale;

/** A number of bytes, non-negative. */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    /** Checks the sign. */
    public ByteSize {
        if (bytes < 0) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "a size of " + bytes + " bytes is negative");
        }
    }

    /** {@code bytes} bytes. */
    public static ByteSize of(long bytes) {
        return new ByteSize(bytes);
    }

    /** {@code n} × 1024² bytes. */
    public static ByteSize ofMib(long n) {
        return new ByteSize(Math.multiplyExact(n, 1L << 20));
    }

    /**
     * Reads {@code 4096}, {@code 64k}, {@code 64KiB}, {@code 1.5 GiB}, {@code 10MB}. All units
     * count in 1024s, because the originals do; {@code 0x…} is hexadecimal.
     *
     * @throws NaiadException INVALID_ARGUMENT if it is not a size
     */
    public static ByteSize parse(String text) {
        String s = text.strip().toLowerCase(Locale.ROOT);
        try {
            if (s.startsWith("0x")) {
                return new ByteSize(Long.parseLong(s, 2, s.length(), 16));
            }
            int end = s.length();
            while (end > 0 && !Character.isDigit(s.charAt(end - 1))) {
                end--;
            }
            int shift = shift(s.substring(end).strip());
            if (end > 0 && shift >= 0) {
                var exact =
                        new BigDecimal(s.substring(0, end))
                                .multiply(BigDecimal.valueOf(1L << shift));
                return new ByteSize(exact.toBigInteger().longValueExact());
            }
        } catch (NumberFormatException | ArithmeticException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "\"" + text + "\" is not a size in bytes", e);
        }
        throw new NaiadException(
                ErrorKind.INVALID_ARGUMENT,
                "\"" + text + "\" is not a size in bytes (such as 4096, 64KiB or 1GiB)");
    }

    private static int shift(String unit) {
        return switch (unit) {
            case "", "b" -> 0;
            case "k", "kb", "ki", "kib" -> 10;
            case "m", "mb", "mi", "mib" -> 20;
            case "g", "gb", "gi", "gib" -> 30;
            case "t", "tb", "ti", "tib" -> 40;
            case "p", "pb", "pi", "pib" -> 50;
            default -> -1;
        };
    }

    @Override
    public int compareTo(ByteSize other) {
        return Long.compare(bytes, other.bytes);
    }

    /** Exact in the largest unit that divides it: {@code 64MiB}, {@code 4097B}. */
    @Override
    public String toString() {
        int unit =
                bytes == 0 ? 0 : Math.min(UNITS.length - 1, Long.numberOfTrailingZeros(bytes) / 10);
        return (bytes >> (10 * unit)) + UNITS[unit];
    }
}
