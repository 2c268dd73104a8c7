package dev.naiad.nydusify.main;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP proxy that leads to one server whatever host is asked for, and keeps the first lines. */
final class TestProxy implements AutoCloseable {
    private static final byte[] ESTABLISHED =
            "HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket listener;
    private final int behind;
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    TestProxy(String authority) throws IOException {
        this.behind = Integer.parseInt(authority.substring(authority.lastIndexOf(':') + 1));
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    /** First lines of the first request of each connection. */
    List<String> asked() {
        return asked;
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = listener.accept();
                sockets.add(socket);
                Thread.ofPlatform().daemon().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket;
                var up = new Socket(InetAddress.getLoopbackAddress(), behind)) {
            sockets.add(up);
            byte[] head = head(socket);
            String text = new String(head, StandardCharsets.ISO_8859_1);
            asked.add(text.lines().findFirst().orElse(""));
            if (text.startsWith("CONNECT ")) {
                socket.getOutputStream().write(ESTABLISHED);
            } else {
                up.getOutputStream().write(head);
            }
            Thread back = Thread.ofPlatform().daemon().start(() -> pump(up, socket));
            pump(socket, up);
            back.join();
        } catch (IOException | InterruptedException e) {
            // either side has gone
        }
    }

    private static byte[] head(Socket socket) throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = socket.getInputStream().read();
            if (b < 0) {
                throw new IOException("no request");
            }
            head.write(b);
        }
        return head.toByteArray();
    }

    private static void pump(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
        } catch (IOException e) {
            // either side has gone
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
