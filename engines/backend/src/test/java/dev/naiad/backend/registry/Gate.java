package dev.naiad.backend.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A port that closes every connection at once until it is opened; then it leads to a server. */
final class Gate implements AutoCloseable {
    private final ServerSocket listener;
    private final int behind;
    private final AtomicInteger connections = new AtomicInteger();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile boolean open;

    Gate(int behind) throws IOException {
        this.behind = behind;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    int connections() {
        return connections.get();
    }

    void open() {
        open = true;
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = listener.accept();
                connections.incrementAndGet();
                if (!open) {
                    socket.close();
                    continue;
                }
                var up = new Socket(InetAddress.getLoopbackAddress(), behind);
                sockets.add(socket);
                sockets.add(up);
                Thread.ofVirtual().start(() -> pump(socket, up));
                Thread.ofVirtual().start(() -> pump(up, socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void pump(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
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
