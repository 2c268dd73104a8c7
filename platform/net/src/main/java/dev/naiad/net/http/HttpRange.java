package dev.naiad.net.http;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.Optional;
import java.util.OptionalLong;

/** Range and Content-Range headers with one byte range. */
public final class HttpRange {
    private HttpRange() {}

    /** {@code bytes=FIRST-LAST}, both inclusive. */
    public static String format(ByteRange range) {
        return "bytes=" + range.offset() + "-" + (range.endExclusive() - 1);
    }

    /** {@code bytes FIRST-LAST/SIZE}. */
    public static String contentRange(ByteRange range, long size) {
        return "bytes " + range.offset() + "-" + (range.endExclusive() - 1) + "/" + size;
    }

    /**
     * What a Range header asks of a resource of that size: {@code a-b}, {@code a-} or {@code -n},
     * cut at the end.
     *
     * @return empty if the header is malformed, of another unit, or asks for several ranges: then
     *     the whole resource is the answer
     * @throws NaiadException OUT_OF_RANGE if no byte of the range exists (416)
     */
    public static Optional<ByteRange> parse(String header, long size) {
        String text = header.strip();
        if (!text.regionMatches(true, 0, "bytes=", 0, 6) || text.indexOf(',') >= 0) {
            return Optional.empty();
        }
        String spec = text.substring(6).strip();
        int dash = spec.indexOf('-');
        if (dash < 0) {
            return Optional.empty();
        }
        OptionalLong first = number(spec.substring(0, dash).strip());
        OptionalLong last = number(spec.substring(dash + 1).strip());
        if (first.isEmpty()) {
            if (last.isEmpty() || dash != 0) {
                return Optional.empty();
            }
            long count = Math.min(last.getAsLong(), size);
            if (count == 0) {
                throw outside(text, size);
            }
            return Optional.of(new ByteRange(size - count, count));
        }
        if (last.isEmpty() && dash + 1 != spec.length()) {
            return Optional.empty();
        }
        long from = first.getAsLong();
        long to = last.isEmpty() ? Long.MAX_VALUE : last.getAsLong();
        if (to < from) {
            return Optional.empty();
        }
        if (from >= size) {
            throw outside(text, size);
        }
        return Optional.of(new ByteRange(from, Math.min(to, size - 1) - from + 1));
    }

    /** Reads {@code bytes FIRST-LAST/SIZE}; empty if it is anything else. */
    public static Optional<ContentRange> parseContentRange(String header) {
        String text = header.strip();
        int dash = text.indexOf('-');
        int slash = text.indexOf('/');
        if (!text.regionMatches(true, 0, "bytes ", 0, 6) || dash < 0 || slash < dash) {
            return Optional.empty();
        }
        OptionalLong first = number(text.substring(6, dash).strip());
        OptionalLong last = number(text.substring(dash + 1, slash).strip());
        String total = text.substring(slash + 1).strip();
        OptionalLong size = number(total);
        if (first.isEmpty()
                || last.isEmpty()
                || last.getAsLong() < first.getAsLong()
                || (size.isEmpty() && !total.equals("*"))
                || (size.isPresent() && size.getAsLong() <= last.getAsLong())) {
            return Optional.empty();
        }
        long length = last.getAsLong() - first.getAsLong() + 1;
        return Optional.of(new ContentRange(new ByteRange(first.getAsLong(), length), size));
    }

    /** What a 206 answer holds; the size is unknown if the server wrote an asterisk. */
    public record ContentRange(ByteRange range, OptionalLong size) {}

    private static OptionalLong number(String digits) {
        if (digits.isEmpty()
                || digits.length() > 18
                || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(digits));
    }

    private static NaiadException outside(String text, long size) {
        return new NaiadException(
                ErrorKind.OUT_OF_RANGE,
                "range " + Tokens.printable(text) + " lies outside of " + size + " bytes");
    }
}
