package dev.naiad.base.config;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.math.BigDecimal;
import java.time.Duration;

/**
 * Durations as Go writes them ({@code 1h30m}, {@code 1.5s}, {@code 300ms}); Rust's humantime
 * spellings are read as well.
 */
public final class Durations {
    private static final long SECOND = 1_000_000_000L;

    private Durations() {}

    /**
     * Reads {@code 3s}, {@code 1m30s}, {@code 1.5h}, {@code 100ms}, {@code 2days}; {@code 0} needs
     * no unit. A leading sign is allowed.
     *
     * @throws NaiadException INVALID_ARGUMENT if it is not a duration
     */
    public static Duration parse(String text) {
        String s = text.strip();
        boolean negative = s.startsWith("-");
        if (negative || s.startsWith("+")) {
            s = s.substring(1);
        }
        if (s.equals("0")) {
            return Duration.ZERO;
        }
        if (s.isEmpty()) {
            throw invalid(text);
        }
        Duration sum = Duration.ZERO;
        int at = 0;
        try {
            while (at < s.length()) {
                int number = at;
                while (at < s.length()
                        && (Character.isDigit(s.charAt(at)) || s.charAt(at) == '.')) {
                    at++;
                }
                int unit = at;
                while (at < s.length()
                        && (Character.isLetter(s.charAt(at)) || s.charAt(at) == 'µ')) {
                    at++;
                }
                long nanosPerUnit = unit(s.substring(unit, at));
                if (unit == number || nanosPerUnit == 0) {
                    throw invalid(text);
                }
                var nanos =
                        new BigDecimal(s.substring(number, unit))
                                .multiply(BigDecimal.valueOf(nanosPerUnit));
                sum = sum.plusNanos(nanos.toBigInteger().longValueExact());
                while (at < s.length() && s.charAt(at) == ' ') {
                    at++;
                }
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "\"" + text + "\" is not a duration", e);
        }
        return negative ? sum.negated() : sum;
    }

    private static NaiadException invalid(String text) {
        return new NaiadException(
                ErrorKind.INVALID_ARGUMENT,
                "\"" + text + "\" is not a duration (such as 300ms, 3s or 1m30s)");
    }

    private static long unit(String unit) {
        return switch (unit) {
            case "ns", "nsec" -> 1;
            case "us", "µs", "μs", "usec" -> 1_000;
            case "ms", "msec" -> 1_000_000;
            case "s", "sec", "secs", "second", "seconds" -> SECOND;
            case "m", "min", "mins", "minute", "minutes" -> 60 * SECOND;
            case "h", "hr", "hour", "hours" -> 3600 * SECOND;
            case "d", "day", "days" -> 24 * 3600 * SECOND;
            case "w", "week", "weeks" -> 7 * 24 * 3600 * SECOND;
            default -> 0;
        };
    }

    /** As Go's {@code Duration.String}: {@code 1m30s}, {@code 1.5s}, {@code 300ms}, {@code 0s}. */
    public static String format(Duration duration) {
        if (duration.isZero()) {
            return "0s";
        }
        if (duration.isNegative()) {
            return "-" + format(duration.negated());
        }
        if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
            long nanos = duration.toNanos();
            if (nanos < 1_000) {
                return nanos + "ns";
            }
            return nanos < 1_000_000 ? decimal(nanos, 3) + "µs" : decimal(nanos, 6) + "ms";
        }
        long hours = duration.toHours();
        String minutes =
                hours > 0 || duration.toMinutes() > 0 ? duration.toMinutesPart() + "m" : "";
        long nanos = duration.toSecondsPart() * SECOND + duration.toNanosPart();
        return (hours > 0 ? hours + "h" : "") + minutes + decimal(nanos, 9) + "s";
    }

    private static String decimal(long value, int scale) {
        return BigDecimal.valueOf(value, scale).stripTrailingZeros().toPlainString();
    }
}
