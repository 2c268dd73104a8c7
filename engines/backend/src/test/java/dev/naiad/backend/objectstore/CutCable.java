package dev.naiad.backend.objectstore;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** A port that leads to another, until that many bytes have gone up; then nothing goes through. */
final class CutCable implements AutoCloseable {
    private final ServerSocket listener;
    private final String behind;
    private final AtomicLong sent = new AtomicLong();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile long limit;

    CutCable(String behind, long limit) throws IOException {
        this.behind = behind;
        this.limit = limit;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(this::accept);
    }

    String endpoint() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    /** Bytes that have gone up since the last repair. */
    long sent() {
        return sent.get();
    }

    void repair() {
        sent.set(0);
        limit = Long.MAX_VALUE;
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = listener.accept();
                if (sent.get() >= limit) {
                    socket.close();
                    continue;
                }
                int colon = behind.indexOf(':');
                var up =
                        new Socket(
                                InetAddress.getLoopbackAddress(),
                                Integer.parseInt(behind.substring(colon + 1)));
                sockets.add(socket);
                sockets.add(up);
                Thread.ofPlatform().daemon().start(() -> pump(socket, up, true));
                Thread.ofPlatform().daemon().start(() -> pump(up, socket, false));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void pump(Socket from, Socket to, boolean counted) {
        byte[] buffer = new byte[64 << 10];
        try (from;
                to) {
            for (int n = from.getInputStream().read(buffer);
                    n >= 0;
                    n = from.getInputStream().read(buffer)) {
                if (counted && sent.addAndGet(n) >= limit) {
                    return;
                }
                to.getOutputStream().write(buffer, 0, n);
            }
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
