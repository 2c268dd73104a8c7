package dev.naiad.net.server;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.http.BodyWriter;
import dev.naiad.net.http.Framing;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpBody;
import dev.naiad.net.http.HttpRange;
import dev.naiad.net.http.HttpStatus;
import dev.naiad.net.wire.Wire;
import dev.naiad.net.wire.WireReader;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One request and its reply; for the thread that handles it. */
public final class HttpExchange {
    private final WireReader in;
    private final String method;
    private final String target;
    private final Headers headers;
    private final HttpBody body;
    private final int maxBodyBytes;
    private final boolean http10;
    private boolean continueWanted;
    private boolean closeAfter;
    private int status;
    private boolean complete;
    private boolean tunnel;
    private @Nullable BodyWriter streamed;

    HttpExchange(RequestHead head, WireReader in, int maxBodyBytes) throws IOException {
        this.in = in;
        this.method = head.method();
        this.target = head.target();
        this.headers = head.headers();
        this.http10 = head.http10();
        this.maxBodyBytes = maxBodyBytes;
        Framing framing = Framing.ofRequest(headers);
        this.body = new HttpBody(in, framing, "request " + method + " " + path());
        this.continueWanted = !http10 && headers.hasToken("Expect", "100-continue");
        this.closeAfter =
                headers.hasToken("Connection", "close")
                        || (http10 && !headers.hasToken("Connection", "keep-alive"));
    }

    public String method() {
        return method;
    }

    /**
     * As on the wire: path and query, an absolute URL (to a proxy), {@code host:port} (CONNECT) or
     * an asterisk.
     */
    public String target() {
        return target;
    }

    /** The target up to the question mark, not decoded. */
    public String path() {
        int question = target.indexOf('?');
        return question < 0 ? target : target.substring(0, question);
    }

    /** A query parameter, decoded; the first of that name. */
    public Optional<String> query(String name) {
        int question = target.indexOf('?');
        if (question < 0) {
            return Optional.empty();
        }
        for (String pair : target.substring(question + 1).split("&", -1)) {
            int equals = pair.indexOf('=');
            String key = equals < 0 ? pair : pair.substring(0, equals);
            if (decode(key).equals(name)) {
                return Optional.of(equals < 0 ? "" : decode(pair.substring(equals + 1)));
            }
        }
        return Optional.empty();
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "query is badly encoded", e);
        }
    }

    public Headers headers() {
        return headers;
    }

    /** The client's address, or the words "unix socket". */
    public String remote() {
        return in.wire().remote();
    }

    /** User and group of the client, on a unix socket. */
    public Optional<jdk.net.UnixDomainPrincipal> peerCredentials() {
        return in.wire().peerCredentials();
    }

    /** The request's body, unlimited; the first call answers Expect: 100-continue. */
    public HttpBody body() throws IOException {
        if (continueWanted && status == 0) {
            continueWanted = false;
            in.wire().write(ascii("HTTP/1.1 100 Continue\r\n\r\n"));
        }
        return body;
    }

    /** The whole body; RESOURCE_EXHAUSTED above the server's limit. */
    public byte[] bodyBytes() throws IOException {
        return body().readAll(maxBodyBytes);
    }

    public String bodyText() throws IOException {
        return new String(bodyBytes(), StandardCharsets.UTF_8);
    }

    /** Closes the connection after this reply. */
    public void closeAfterwards() {
        closeAfter = true;
    }

    /** Status of the reply, 0 before it began. */
    public int status() {
        return status;
    }

    public void reply(int newStatus) throws IOException {
        reply(newStatus, Headers.EMPTY, new byte[0]);
    }

    public void reply(int newStatus, String contentType, String text) throws IOException {
        reply(
                newStatus,
                Headers.of("Content-Type", contentType),
                text.getBytes(StandardCharsets.UTF_8));
    }

    public void reply(int newStatus, Headers fields, byte[] bytes) throws IOException {
        begin(newStatus, fields, bytes.length);
        if (!bodiless()) {
            in.wire().write(ByteBuffer.wrap(bytes));
        }
        complete = true;
    }

    /**
     * Begins a reply whose body follows through the writer, in chunks if the length is negative.
     * {@link BodyWriter#finish} must be called; to HEAD nothing may be written.
     */
    public BodyWriter stream(int newStatus, Headers fields, long length) throws IOException {
        boolean chunked = length < 0 && !http10;
        if (length < 0 && http10) {
            closeAfter = true;
        }
        begin(newStatus, fields, length);
        streamed =
                new BodyWriter(
                        in.wire(),
                        bodiless()
                                ? 0
                                : chunked ? -1 : length < 0 ? BodyWriter.UNTIL_CLOSE : length);
        return streamed;
    }

    /** Sends a part of a file. */
    public void replyFile(int newStatus, Headers fields, FileChannel file, ByteRange part)
            throws IOException {
        begin(newStatus, fields, part.length());
        if (!bodiless()) {
            in.wire().sendFile(file, part.offset(), part.length());
        }
        complete = true;
    }

    /** Sends a file, or the one range of it that the request asks for (206), or 416. */
    public void replyFile(Headers fields, FileChannel file, long size) throws IOException {
        Headers all = fields.with("Accept-Ranges", "bytes");
        Optional<ByteRange> range = Optional.empty();
        Optional<String> asked = headers.first("Range");
        if (asked.isPresent() && (method.equals("GET") || method.equals("HEAD"))) {
            try {
                range = HttpRange.parse(asked.get(), size);
            } catch (NaiadException e) {
                reply(416, all.with("Content-Range", "bytes */" + size), new byte[0]);
                return;
            }
        }
        if (range.isPresent()) {
            ByteRange part = range.get();
            replyFile(
                    206, all.with("Content-Range", HttpRange.contentRange(part, size)), file, part);
        } else {
            replyFile(200, all, file, new ByteRange(0, size));
        }
    }

    /**
     * Replies, then hands the connection to the caller, who closes it: for CONNECT and upgrades.
     */
    public WireReader tunnel(int newStatus, Headers fields) throws IOException {
        writeHead(newStatus, fields);
        complete = true;
        tunnel = true;
        in.wire().timeout(java.time.Duration.ZERO);
        return in;
    }

    private void begin(int newStatus, Headers fields, long length) throws IOException {
        if (status != 0) {
            throw new IllegalStateException("reply to " + method + " " + path() + " already begun");
        }
        if (continueWanted) {
            closeAfter = true; // the client has not sent its body and may still do so
        }
        var all = fields.toBuilder();
        boolean noLength = newStatus < 200 || newStatus == 204;
        if (!noLength && length >= 0) {
            all.set("Content-Length", Long.toString(length));
        } else if (!noLength && !http10) {
            all.set("Transfer-Encoding", "chunked");
        }
        if (closeAfter) {
            all.set("Connection", "close");
        } else if (http10) {
            all.set("Connection", "keep-alive");
        }
        writeHead(newStatus, all.build());
    }

    private void writeHead(int newStatus, Headers fields) throws IOException {
        status = newStatus;
        var text = new StringBuilder(256);
        text.append("HTTP/1.1 ").append(newStatus).append(' ');
        text.append(HttpStatus.reason(newStatus)).append("\r\n");
        fields.forEach(
                (name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
        text.append("\r\n");
        in.wire().write(ascii(text.toString()));
    }

    private boolean bodiless() {
        return method.equals("HEAD") || status == 204 || status == 304 || status < 200;
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    boolean complete() {
        return complete || (streamed != null && (streamed.finished() || bodiless()));
    }

    boolean tunnelled() {
        return tunnel;
    }

    Wire wire() {
        return in.wire();
    }

    /** Whether another request may follow on this connection; reads the rest of this one's body. */
    boolean reusable() {
        return complete()
                && !closeAfter
                && !tunnel
                && (body.finished() || body.skipUpTo(256 << 10));
    }
}
