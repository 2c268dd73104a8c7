package dev.naiad.net.http;

import java.io.IOException;
import java.util.List;

/** How the end of a body is known. */
public sealed interface Framing {
    /** Exactly that many bytes. */
    record Length(long bytes) implements Framing {}

    /** Transfer-Encoding: chunked. */
    record Chunked() implements Framing {}

    /** Until the connection closes (answers only). */
    record UntilClose() implements Framing {}

    Framing NONE = new Length(0);

    /** Framing of a request's body. */
    static Framing ofRequest(Headers headers) throws IOException {
        return of(headers, NONE);
    }

    /** Framing of the answer to a request with that method. */
    static Framing ofResponse(String method, int status, Headers headers) throws IOException {
        if (method.equals("HEAD") || status == 204 || status == 304 || status < 200) {
            return NONE;
        }
        return of(headers, new UntilClose());
    }

    private static Framing of(Headers headers, Framing otherwise) throws IOException {
        List<String> encodings = headers.all("Transfer-Encoding");
        List<String> lengths = headers.all("Content-Length");
        if (!encodings.isEmpty()) {
            if (!lengths.isEmpty()
                    || encodings.size() > 1
                    || !encodings.getFirst().strip().equalsIgnoreCase("chunked")) {
                throw new MalformedHttpException(400, "body length is ambiguous");
            }
            return new Chunked();
        }
        if (lengths.isEmpty()) {
            return otherwise;
        }
        String digits = lengths.getFirst();
        for (String other : lengths) {
            if (!other.equals(digits)) {
                throw new MalformedHttpException(400, "several Content-Length");
            }
        }
        if (digits.isEmpty()
                || digits.length() > 18
                || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new MalformedHttpException(400, "Content-Length is not a number");
        }
        return new Length(Long.parseLong(digits));
    }
}
