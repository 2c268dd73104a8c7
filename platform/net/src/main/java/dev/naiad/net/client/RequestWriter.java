package dev.naiad.net.client;

import dev.naiad.net.http.BodyWriter;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.wire.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes requests. */
final class RequestWriter {
    private RequestWriter() {}

    static void write(HttpRequest request, Route route, String userAgent, Wire wire)
            throws IOException {
        RequestBody body = request.body();
        long length = body.length();
        wire.write(ByteBuffer.wrap(head(request, route, userAgent, length)));
        if (length == 0) {
            return;
        }
        var out = new BodyWriter(wire, length);
        try {
            body.writeTo(out);
            out.finish();
        } catch (IOException e) {
            // Whose fault it is decides whether an early answer is worth waiting for.
            if (wire.isOpen() && !wire.broken()) {
                throw new ProducerException(e);
            }
            throw e;
        }
    }

    private static byte[] head(HttpRequest request, Route route, String userAgent, long length) {
        HttpUrl url = request.url();
        var text = new StringBuilder(256);
        text.append(request.method()).append(' ');
        text.append(route.forwarded() ? url.toString() : url.target()).append(" HTTP/1.1\r\n");
        if (!request.headers().contains("Host")) {
            text.append("Host: ").append(url.authority()).append("\r\n");
        }
        if (!userAgent.isEmpty() && !request.headers().contains("User-Agent")) {
            text.append("User-Agent: ").append(userAgent).append("\r\n");
        }
        if (route.forwarded()) {
            String authorization = route.proxy().map(Proxies.Proxy::authorization).orElse("");
            if (!authorization.isEmpty()) {
                text.append("Proxy-Authorization: ").append(authorization).append("\r\n");
            }
        }
        request.headers()
                .forEach(
                        (name, value) -> {
                            if (!framing(name)) {
                                text.append(name).append(": ").append(value).append("\r\n");
                            }
                        });
        if (length < 0) {
            text.append("Transfer-Encoding: chunked\r\n");
        } else if (length > 0 || hasBody(request.method())) {
            text.append("Content-Length: ").append(length).append("\r\n");
        }
        text.append("\r\n");
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static boolean framing(String name) {
        return name.equalsIgnoreCase("Content-Length")
                || name.equalsIgnoreCase("Transfer-Encoding")
                || name.equalsIgnoreCase("Connection")
                || name.equalsIgnoreCase("Keep-Alive")
                || name.equalsIgnoreCase("Expect");
    }

    private static boolean hasBody(String method) {
        return method.equals("POST") || method.equals("PUT") || method.equals("PATCH");
    }

    /** The request's own body could not be produced. */
    static final class ProducerException extends IOException {
        private static final long serialVersionUID = 1;

        ProducerException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }
}
