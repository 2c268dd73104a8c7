package dev.naiad.dfdaemon.swarm;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.net.http.BodyWriter;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpRange;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A registry's blobs with an access log, and with the faults that real ones seldom show. */
final class TestOrigin implements AutoCloseable {
    /** One answered request. */
    record Access(String path, int status, ByteRange range, String userAgent) {}

    private record Failure(int status, AtomicInteger left) {}

    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<String, Long> claims = new ConcurrentHashMap<>();
    private final Map<String, Failure> failures = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> holds = new ConcurrentHashMap<>();
    private final List<Access> log = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private volatile int failWith;
    private volatile Optional<String> wantedToken = Optional.empty();
    private volatile long bytesPerSecond = Long.MAX_VALUE;

    TestOrigin() {
        server =
                new HttpServer(
                        "origin",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults(),
                        this::handle);
        server.start();
    }

    /** Adds seeded content and gives the path of its blob. */
    String addBlob(long seed, int length) throws Exception {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        return addBlob(content);
    }

    String addBlob(byte[] content) throws Exception {
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        return add("/v2/naiad/alpine/blobs/sha256:" + digest, content);
    }

    String add(String path, byte[] content) {
        blobs.put(path, content);
        return path;
    }

    byte[] content(String path) {
        byte[] content = blobs.get(path);
        if (content == null) {
            throw new IllegalArgumentException(path);
        }
        return content;
    }

    String url() {
        return "http://127.0.0.1:" + server.port();
    }

    void failWith(int status) {
        failWith = status;
    }

    void wantToken(String token) {
        wantedToken = Optional.of(token);
    }

    /** Lets the origin say that a content has another length than it has. */
    void claimLength(String path, long length) {
        claims.put(path, length);
    }

    /**
     * Answers the next {@code times} requests for the part at {@code offset} with {@code status}.
     */
    void failAt(String path, long offset, int status, int times) {
        failures.put(path + "@" + offset, new Failure(status, new AtomicInteger(times)));
    }

    /** Holds the next request for the part at {@code offset} until the returned latch is opened. */
    CountDownLatch holdAt(String path, long offset) {
        var hold = new CountDownLatch(1);
        holds.put(path + "@" + offset, hold);
        return hold;
    }

    /** Whether a request is being held. */
    boolean isHolding(String path, long offset) {
        return !holds.containsKey(path + "@" + offset);
    }

    void slowTo(long rate) {
        bytesPerSecond = rate;
    }

    List<Access> log() {
        return log;
    }

    /** Bytes of pieces that left, without the one byte of each look at the length. */
    long bytesServed(String path) {
        return log.stream()
                .filter(access -> access.path().equals(path) && access.status() == 206)
                .mapToLong(access -> access.range().length())
                .filter(length -> length > 1)
                .sum();
    }

    long requests(String path) {
        return log.stream().filter(access -> access.path().equals(path)).count();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.path();
        String agent = exchange.headers().first("User-Agent").orElse("");
        int refusal = failWith;
        if (refusal == 0
                && wantedToken.isPresent()
                && !exchange.headers().first("Authorization").equals(wantedToken)) {
            refusal = 401;
        }
        byte[] content = blobs.get(path);
        if (refusal != 0 || content == null) {
            int status = refusal != 0 ? refusal : 404;
            log.add(new Access(path, status, new ByteRange(0, 0), agent));
            exchange.reply(
                    status,
                    Headers.of("WWW-Authenticate", "Bearer realm=\"http://token\""),
                    new byte[0]);
            return;
        }
        Optional<ByteRange> range =
                exchange.headers()
                        .first("Range")
                        .flatMap(text -> HttpRange.parse(text, content.length));
        ByteRange part = range.orElse(new ByteRange(0, content.length));
        // A look at the length asks for one byte; it is neither failed nor held.
        String place = path + "@" + (part.length() == 1 ? -1 : part.offset());
        Failure failure = failures.get(place);
        if (failure != null && failure.left().getAndDecrement() > 0) {
            log.add(new Access(path, failure.status(), part, agent));
            exchange.reply(failure.status());
            return;
        }
        CountDownLatch hold = holds.remove(place);
        if (hold != null) {
            await(hold);
        }
        log.add(new Access(path, range.isPresent() ? 206 : 200, part, agent));
        var headers =
                Headers.builder()
                        .add("Content-Type", "application/octet-stream")
                        .add("ETag", "\"fixed\"");
        range.ifPresent(
                r ->
                        headers.add(
                                "Content-Range",
                                HttpRange.contentRange(
                                        r, claims.getOrDefault(path, (long) content.length))));
        BodyWriter out =
                exchange.stream(range.isPresent() ? 206 : 200, headers.build(), part.length());
        if (exchange.method().equals("HEAD")) {
            return;
        }
        send(out, content, part);
        out.finish();
    }

    private static void await(CountDownLatch hold) {
        try {
            if (!hold.await(2, TimeUnit.MINUTES)) {
                throw new IllegalStateException("held too long");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(BodyWriter out, byte[] content, ByteRange part) throws IOException {
        int at = (int) part.offset();
        int end = (int) part.endExclusive();
        while (at < end) {
            int step = Math.min(64 << 10, end - at);
            out.write(content, at, step);
            at += step;
            long rate = bytesPerSecond;
            if (rate != Long.MAX_VALUE) {
                LockSupport.parkNanos(1_000_000_000L * step / rate);
            }
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
