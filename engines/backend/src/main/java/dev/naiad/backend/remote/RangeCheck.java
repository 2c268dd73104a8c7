package dev.naiad.backend.remote;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.http.HttpRange;
import java.util.Optional;

/** Whether an answer holds the bytes that were asked for; the body is not read. */
final class RangeCheck {
    private RangeCheck() {}

    /**
     * @throws NaiadException UNAVAILABLE if it holds other bytes, so that somebody else can be
     *     asked
     */
    static void exact(HttpResponse response, ByteRange wanted) {
        long length = response.body().length().orElse(-1);
        switch (response.status()) {
            case 206 -> {
                Optional<String> header = response.headers().first("Content-Range");
                if (header.isPresent()) {
                    var range = HttpRange.parseContentRange(header.get());
                    if (range.isEmpty() || !range.get().range().equals(wanted)) {
                        throw wrong(response, wanted, "Content-Range is " + header.get());
                    }
                }
                if (length >= 0 && length != wanted.length()) {
                    throw wrong(response, wanted, "Content-Length is " + length);
                }
            }
            case 200 -> {
                if (wanted.offset() != 0) {
                    throw wrong(response, wanted, "the server ignores Range");
                }
                if (length >= 0 && length < wanted.length()) {
                    throw wrong(response, wanted, "Content-Length is " + length);
                }
            }
            default -> throw wrong(response, wanted, "status is " + response.status());
        }
    }

    /** Checks the answer to {@code bytes=offset-}. */
    static void from(HttpResponse response, long offset) {
        if (response.status() == 206) {
            Optional<String> header = response.headers().first("Content-Range");
            var range = header.flatMap(HttpRange::parseContentRange);
            if (header.isPresent() && (range.isEmpty() || range.get().range().offset() != offset)) {
                throw wrong(response, new ByteRange(offset, 0), "Content-Range is " + header.get());
            }
        } else if (offset != 0) {
            throw wrong(response, new ByteRange(offset, 0), "the server ignores Range");
        }
    }

    private static NaiadException wrong(HttpResponse response, ByteRange wanted, String why) {
        return new NaiadException(
                ErrorKind.UNAVAILABLE,
                "GET "
                        + response.url().display()
                        + ": answer is not the asked range of "
                        + wanted.length()
                        + " bytes at "
                        + wanted.offset()
                        + ": "
                        + why);
    }
}
