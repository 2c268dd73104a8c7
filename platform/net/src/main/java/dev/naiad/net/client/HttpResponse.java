package dev.naiad.net.client;

import dev.naiad.base.error.NaiadException;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpBody;
import dev.naiad.net.http.HttpStatus;
import dev.naiad.net.http.HttpUrl;
import java.nio.charset.StandardCharsets;

/**
 * An answer whose head has arrived. Close it always: the connection returns to the pool if the body
 * was read to its end (a short rest is read on close), and is closed otherwise. {@link #cancel} may
 * be called from any thread.
 */
public final class HttpResponse implements AutoCloseable {
    private static final int REST_BYTES = 64 << 10;
    private static final int ERROR_TEXT_BYTES = 4 << 10;

    private final HttpRequest request;
    private final int status;
    private final Headers headers;
    private final HttpBody body;
    private final Exchange exchange;

    HttpResponse(
            HttpRequest request, int status, Headers headers, HttpBody body, Exchange exchange) {
        this.request = request;
        this.status = status;
        this.headers = headers;
        this.body = body;
        this.exchange = exchange;
    }

    public int status() {
        return status;
    }

    public Headers headers() {
        return headers;
    }

    public HttpBody body() {
        return body;
    }

    /** The URL that answered. */
    public HttpUrl url() {
        return request.url();
    }

    /** 200 to 299. */
    public boolean ok() {
        return status / 100 == 2;
    }

    /** 301, 302, 303, 307 or 308. */
    public boolean redirect() {
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    }

    /** The whole body as text; RESOURCE_EXHAUSTED if longer than the limit. */
    public String text(int limit) {
        return new String(body.readAll(limit), StandardCharsets.UTF_8);
    }

    /** The failure that this answer means, with the begin of its text. */
    public NaiadException failure() {
        return new NaiadException(HttpStatus.kindOf(status), describe());
    }

    /** Request, status and the begin of the body, for messages. */
    public String describe() {
        String text = "";
        try {
            byte[] begin = new byte[ERROR_TEXT_BYTES];
            int count = 0;
            while (count < begin.length) {
                int got = body.read(begin, count, begin.length - count);
                if (got < 0) {
                    break;
                }
                count += got;
            }
            text = printable(new String(begin, 0, count, StandardCharsets.UTF_8).strip());
        } catch (NaiadException e) {
            text = "(" + e.getMessage() + ")";
        }
        String shown = text.length() > 300 ? text.substring(0, 300) + "…" : text;
        return request.display()
                + ": "
                + status
                + " "
                + HttpStatus.reason(status)
                + (shown.isEmpty() ? "" : ": " + shown);
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ");
    }

    /** Ends the exchange at once; a thread that reads the body gets an error. */
    public void cancel() {
        exchange.abort();
    }

    @Override
    public void close() {
        boolean usable = false;
        try {
            usable =
                    body.leavesConnectionUsable()
                            || (body.length().orElse(0) - body.received() <= REST_BYTES
                                    && body.skipUpTo(REST_BYTES)
                                    && body.leavesConnectionUsable());
        } catch (NaiadException e) {
            usable = false; // the caller has what it wanted; only the connection is lost
        } finally {
            exchange.end(usable);
        }
    }
}
