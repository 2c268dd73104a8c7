package dev.naiad.dfdaemon.vortex;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dfdaemon.piece.RateLimiter;
import dev.naiad.dfdaemon.storage.PieceStore;
import dev.naiad.dfdaemon.storage.PieceWriter;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dfdaemon.storage.TaskMeta;
import dev.naiad.dragonfly.PieceLayout;
import dev.naiad.dragonfly.api.common.TrafficType;
import dev.naiad.dragonfly.vortex.PieceRequest;
import dev.naiad.dragonfly.vortex.VortexHeader;
import dev.naiad.dragonfly.vortex.VortexTag;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.FakeClock;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Children that say nothing, half of something or nonsense cost the others nothing. */
final class VortexServerTest {
    private static final String ID = "ab".repeat(32);
    private static final String COMING = "cd".repeat(32);
    private static final int PIECE = 64 << 10;

    @TempDir Path dir;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final byte[] content = new byte[PIECE];
    private final CountDownLatch arrival = new CountDownLatch(1);
    private final AtomicInteger waiting = new AtomicInteger();
    private int port;

    @BeforeEach
    void start() {
        new Random(3).nextBytes(content);
        var clock = new FakeClock();
        PieceStore store = PieceStore.open(dir, true, clock);
        open.add(store);
        var layout = new PieceLayout(PIECE, PIECE);
        StoredTask task =
                store.create(new TaskMeta(ID, "http://o/x", layout, Map.of(), clock.instant()));
        try (PieceWriter writer = task.write(0)) {
            writer.write(ByteBuffer.wrap(content));
            writer.commit(
                    TrafficType.BACK_TO_SOURCE,
                    "",
                    Duration.ZERO,
                    Instant.EPOCH,
                    PieceWriter.Check.NONE);
        }
        var server =
                new VortexServer(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        new Held(store),
                        new RateLimiter(1L << 40, System::nanoTime),
                        new UploadSlots(System::nanoTime));
        open.addFirst(server);
        server.start();
        port = server.port();
    }

    @AfterEach
    void stop() throws Exception {
        arrival.countDown();
        for (Socket socket : sockets) {
            socket.close();
        }
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    /** A store in which one task is waited for. */
    private final class Held implements VortexServer.Pieces {
        private final PieceStore store;

        Held(PieceStore store) {
            this.store = store;
        }

        @Override
        public @Nullable StoredTask await(String taskId, int number) throws InterruptedException {
            if (taskId.equals(COMING)) {
                waiting.incrementAndGet();
                arrival.await();
                return null;
            }
            return store.acquire(taskId).orElse(null);
        }

        @Override
        public void began(String taskId, int number) {}

        @Override
        public void ended() {}

        @Override
        public void sent(long bytes) {}
    }

    private Socket connect() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.add(socket);
        return socket;
    }

    private static byte[] request(String taskId) {
        byte[] bytes = new byte[PieceRequest.SIZE];
        new PieceRequest(7, VortexTag.DOWNLOAD_PIECE, taskId, 0).encode().get(bytes);
        return bytes;
    }

    /** What a good child gets, within two seconds a step. */
    private byte[] piece() throws IOException {
        Socket socket = connect();
        socket.setSoTimeout(2000);
        socket.getOutputStream().write(request(ID));
        return readPiece(socket);
    }

    private static byte[] readPiece(Socket socket) throws IOException {
        var in = new DataInputStream(socket.getInputStream());
        byte[] head = in.readNBytes(VortexHeader.SIZE);
        in.skipNBytes(VortexHeader.read(ByteBuffer.wrap(head)).length());
        return in.readAllBytes();
    }

    private static boolean isClosed(Socket socket) throws IOException {
        socket.setSoTimeout(1);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    @Test
    void fiveHundredSilentOrHalfOpenConnectionsDelayNobodyAndAreCutSoon() throws Exception {
        for (int i = 0; i < 500; i++) {
            Socket socket = connect();
            socket.getOutputStream().write(request(ID), 0, i % PieceRequest.SIZE);
        }
        List<Socket> silent = List.copyOf(sockets);
        assertThat(piece()).isEqualTo(content);
        Await.until(
                "all of them are cut",
                Duration.ofSeconds(20),
                () -> {
                    for (Socket socket : silent) {
                        if (!isClosed(socket)) {
                            return false;
                        }
                    }
                    return true;
                });
        assertThat(piece()).isEqualTo(content);
    }

    @Test
    void childrenThatWaitForAPieceOnItsWayTakeNoSender() throws Exception {
        for (int i = 0; i < 300; i++) {
            connect().getOutputStream().write(request(COMING));
        }
        Await.until("all wait", () -> waiting.get() == 300);
        assertThat(piece()).isEqualTo(content);
    }

    @Test
    void aRequestThatComesByteByByteIsAnswered() throws Exception {
        Socket socket = connect();
        socket.setTcpNoDelay(true);
        for (byte each : request(ID)) {
            socket.getOutputStream().write(each);
        }
        assertThat(readPiece(socket)).isEqualTo(content);
    }

    @Test
    void whatIsNoRequestIsClosedAtOnceAndUnanswered() throws Exception {
        byte[] wrongTag = request(ID);
        wrongTag[1] = (byte) VortexTag.PIECE_CONTENT.code();
        byte[] reserved = request(ID);
        reserved[1] = 99;
        byte[] huge = request(ID);
        huge[2] = 0x7f;
        byte[] negative = request(ID);
        negative[PieceRequest.SIZE - 4] = (byte) 0xff;
        for (byte[] bad : List.of(wrongTag, reserved, huge, negative)) {
            Socket socket = connect();
            socket.getOutputStream().write(bad);
            Await.until("it is closed", Duration.ofSeconds(3), () -> isClosed(socket));
        }
        assertThat(piece()).isEqualTo(content);
    }
}
