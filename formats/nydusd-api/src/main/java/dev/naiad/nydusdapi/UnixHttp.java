package dev.naiad.nydusdapi;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * One HTTP/1.1 exchange on a unix socket, with a deadline. Small enough to need no library: the
 * daemon sends no chunked bodies, and its status line ends behind the number.
 */
final class UnixHttp {
    private static final int MAX_RESPONSE = 64 << 20;

    private UnixHttp() {}

    static SocketChannel connect(Path socket) {
        try {
            var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                return channel;
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, "cannot connect to " + socket, e);
        }
    }

    static NydusdClient.Reply exchange(
            Path socket, Duration timeout, String method, String target, String body) {
        long deadline = System.nanoTime() + timeout.toNanos();
        var what = method + " " + target + " at " + socket;
        try (var channel = connect(socket);
                var selector = Selector.open()) {
            channel.configureBlocking(false);
            var key = channel.register(selector, SelectionKey.OP_WRITE);
            var request = ByteBuffer.wrap(request(method, target, body));
            while (request.hasRemaining()) {
                await(selector, deadline, what);
                channel.write(request);
            }
            key.interestOps(SelectionKey.OP_READ);
            return read(channel, selector, deadline, what);
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, what + ": connection broke", e);
        }
    }

    private static byte[] request(String method, String target, String body) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        var head = new StringBuilder();
        head.append(method).append(' ').append(target).append(" HTTP/1.1\r\nHost: unix\r\n");
        if (!method.equals("GET")) {
            head.append("Content-Length: ").append(content.length).append("\r\n");
        }
        if (content.length > 0) {
            head.append("Content-Type: application/json\r\n");
        }
        head.append("\r\n");
        var all = new ByteArrayOutputStream();
        all.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
        all.writeBytes(content);
        return all.toByteArray();
    }

    private static NydusdClient.Reply read(
            SocketChannel channel, Selector selector, long deadline, String what)
            throws IOException {
        var received = new ByteArrayOutputStream();
        var buffer = ByteBuffer.allocate(16 << 10);
        int headEnd = -1;
        int status = 0;
        int length = 0;
        while (headEnd < 0 || received.size() < headEnd + length) {
            await(selector, deadline, what);
            int count = channel.read(buffer.clear());
            if (count < 0) {
                throw new NaiadException(
                        ErrorKind.UNAVAILABLE, what + ": the daemon closed the connection");
            }
            received.write(buffer.array(), 0, count);
            if (received.size() > MAX_RESPONSE) {
                throw new NaiadException(
                        ErrorKind.RESOURCE_EXHAUSTED, what + ": answer is too long");
            }
            if (headEnd < 0) {
                var text = received.toString(StandardCharsets.ISO_8859_1);
                int blank = text.indexOf("\r\n\r\n");
                if (blank >= 0) {
                    headEnd = blank + 4;
                    status = status(text, what);
                    length = contentLength(text.substring(0, blank), what);
                }
            }
        }
        var body = new String(received.toByteArray(), headEnd, length, StandardCharsets.UTF_8);
        return new NydusdClient.Reply(status, body);
    }

    private static int status(String text, String what) {
        try {
            if (text.startsWith("HTTP/1.")) {
                return Integer.parseInt(text.substring(9, 12));
            }
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            // Falls through: no HTTP.
        }
        throw new NaiadException(ErrorKind.INTERNAL, what + ": the answer is no HTTP");
    }

    private static int contentLength(String head, String what) {
        for (var line : head.split("\r\n", -1)) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).equalsIgnoreCase("Content-Length")) {
                try {
                    int length = Integer.parseInt(line.substring(colon + 1).strip());
                    if (length >= 0 && length <= MAX_RESPONSE) {
                        return length;
                    }
                } catch (NumberFormatException e) {
                    // Falls through.
                }
                throw new NaiadException(ErrorKind.INTERNAL, what + ": bad " + line);
            }
        }
        return 0;
    }

    private static void await(Selector selector, long deadline, String what) throws IOException {
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (Thread.currentThread().isInterrupted()) {
            throw new NaiadException(ErrorKind.CANCELLED, what + ": interrupted");
        }
        if (millis <= 0 || selector.select(millis) == 0) {
            if (deadline - System.nanoTime() <= 0) {
                throw new NaiadException(ErrorKind.DEADLINE_EXCEEDED, what + ": no answer in time");
            }
        }
        selector.selectedKeys().clear();
    }
}
