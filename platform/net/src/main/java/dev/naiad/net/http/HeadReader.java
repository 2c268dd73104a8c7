package dev.naiad.net.http;

import dev.naiad.base.error.NaiadException;
import dev.naiad.net.wire.WireReader;
import java.io.EOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the first line and the fields of a message, strictly: what parsers could understand in two
 * ways is refused.
 */
public final class HeadReader {
    /** What a field costs beyond its bytes, so that many tiny ones are no cheap way to memory. */
    private static final int FIELD_BYTES = 32;

    private HeadReader() {}

    /** The first line that is not empty; null if the connection ends before it. */
    public static @Nullable String startLine(WireReader in, int maxBytes) throws IOException {
        for (int blank = 0; blank < 4; blank++) {
            String line = line(in, maxBytes, 414);
            if (line == null || !line.isEmpty()) {
                return line;
            }
        }
        throw new MalformedHttpException(400, "empty lines where a message should begin");
    }

    /** The fields up to the empty line; at most that many bytes in all, each counting 32 more. */
    public static Headers fields(WireReader in, int maxBytes) throws IOException {
        var headers = Headers.builder();
        int left = maxBytes;
        while (true) {
            String line = line(in, left, 431);
            if (line == null) {
                throw new EOFException("connection closed within the header");
            }
            if (line.isEmpty()) {
                return headers.build();
            }
            left -= line.length() + 2 + FIELD_BYTES;
            int colon = line.indexOf(':');
            if (colon <= 0 || line.charAt(0) == ' ' || line.charAt(0) == '\t') {
                throw new MalformedHttpException(400, "header line without a name");
            }
            try {
                headers.add(line.substring(0, colon), trim(line, colon + 1));
            } catch (NaiadException e) {
                throw new MalformedHttpException(400, String.valueOf(e.getMessage()));
            }
        }
    }

    private static @Nullable String line(WireReader in, int limit, int status) throws IOException {
        try {
            return in.line(Math.max(limit, 0));
        } catch (WireReader.LineTooLongException e) {
            throw new MalformedHttpException(status, "header is too large");
        }
    }

    private static String trim(String line, int from) {
        int start = from;
        int end = line.length();
        while (start < end && (line.charAt(start) == ' ' || line.charAt(start) == '\t')) {
            start++;
        }
        while (end > start && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t')) {
            end--;
        }
        return line.substring(start, end);
    }
}
