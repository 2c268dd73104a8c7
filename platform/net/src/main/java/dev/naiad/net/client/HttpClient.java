package dev.naiad.net.client;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.http.Framing;
import dev.naiad.net.http.HeadReader;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpBody;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.http.MalformedHttpException;
import dev.naiad.net.wire.Watchdog;
import dev.naiad.net.wire.Wire;
import dev.naiad.net.wire.WireReader;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A blocking HTTP/1.1 client with kept connections, for virtual threads; safe for any number of
 * them. It neither retries nor follows redirects by itself ({@link #follow} does when asked); only
 * a kept connection that turns out to be dead before a byte of the answer came is replaced once.
 * Failures are {@link NaiadException}s that name method and URL without query: UNAVAILABLE (no
 * connection, broken), DEADLINE_EXCEEDED, FAILED_PRECONDITION (TLS refused), INVALID_ARGUMENT (no
 * HTTP), CANCELLED (interrupted). Closing the client ends everything that is open.
 */
public final class HttpClient implements AutoCloseable {
    private final HttpClientConfig config;
    private final Watchdog watchdog;
    private final Connector connector;
    private final ConcurrentHashMap<Route, Pool> pools = new ConcurrentHashMap<>();

    /**
     * @param name of the threads
     */
    public HttpClient(String name, HttpClientConfig config) {
        this.config = config;
        this.watchdog = new Watchdog(name);
        this.connector = new Connector(watchdog, config);
    }

    /** Sends a request and waits for the head of its answer, whatever its status. */
    public HttpResponse send(HttpRequest request) {
        Route route = Route.of(request, config.proxies());
        Pool pool =
                pools.computeIfAbsent(
                        route, r -> new Pool(config.connectionsPerHost(), config.idleTimeout()));
        long end =
                request.deadline().isZero()
                        ? Long.MAX_VALUE
                        : System.nanoTime() + request.deadline().toNanos();
        pool.acquire(request.deadline(), request.display());
        boolean done = false;
        try {
            HttpResponse response = attempt(request, route, pool, end);
            done = true;
            return response;
        } catch (IOException e) {
            throw failed(request.display(), route, e);
        } finally {
            if (!done) {
                pool.giveUp();
            }
        }
    }

    /**
     * Sends and follows up to that many redirects. Authorization and Cookie are left out as soon as
     * the origin changes; 303, and 301 or 302 after POST, become GET.
     */
    public HttpResponse follow(HttpRequest request, int limit) {
        HttpRequest current = request;
        for (int hops = 0; ; hops++) {
            HttpResponse response = send(current);
            String location = response.headers().first("Location").orElse("");
            if (!response.redirect() || location.isEmpty()) {
                return response;
            }
            try (response) {
                if (hops == limit) {
                    throw new NaiadException(
                            ErrorKind.UNAVAILABLE,
                            request.display() + ": more than " + limit + " redirects");
                }
                current = redirected(current, response.status(), location);
            }
        }
    }

    /** The request that a redirect leads to. */
    public static HttpRequest redirected(HttpRequest request, int status, String location) {
        HttpUrl target = request.url().resolve(location);
        HttpRequest next = request.withUrl(target);
        if (!target.sameOrigin(request.url())) {
            next = next.without("Authorization").without("Cookie");
        }
        boolean post = request.method().equals("POST");
        if ((status == 303 && !request.method().equals("HEAD"))
                || (post && (status == 301 || status == 302))) {
            next =
                    new HttpRequest(
                            "GET",
                            next.url(),
                            next.headers().without("Content-Type"),
                            RequestBody.NONE,
                            next.over(),
                            next.deadline(),
                            next.readTimeout(),
                            next.connectTimeout(),
                            next.direct());
        }
        return next;
    }

    private HttpResponse attempt(HttpRequest request, Route route, Pool pool, long end)
            throws IOException {
        WireReader kept = pool.take();
        if (kept != null) {
            try {
                return exchange(request, route, pool, kept, end);
            } catch (NothingReceivedException e) {
                if (!repeatable(request)) {
                    throw e;
                }
            }
        }
        return exchange(request, route, pool, open(request, route, end), end);
    }

    private WireReader open(HttpRequest request, Route route, long end) throws IOException {
        Duration limit =
                request.connectTimeout().isZero()
                        ? config.connectTimeout()
                        : request.connectTimeout();
        if (end != Long.MAX_VALUE) {
            Duration left = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
            limit = limit.isZero() || left.compareTo(limit) < 0 ? left : limit;
        }
        try {
            return connector.connect(route, limit);
        } catch (SSLException e) {
            throw e;
        } catch (SocketTimeoutException e) {
            var named = new SocketTimeoutException("connect to " + route + " timed out");
            named.initCause(e);
            throw named;
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException("connect to " + route + ": " + message(e), e);
        }
    }

    private HttpResponse exchange(
            HttpRequest request, Route route, Pool pool, WireReader in, long end)
            throws IOException {
        Wire wire = in.wire();
        boolean done = false;
        try {
            if (end != Long.MAX_VALUE) {
                wire.deadline(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            }
            wire.timeout(
                    request.readTimeout().isZero() ? config.readTimeout() : request.readTimeout());
            @Nullable IOException broken = null;
            try {
                RequestWriter.write(request, route, config.userAgent(), wire);
            } catch (SocketTimeoutException | RequestWriter.ProducerException e) {
                throw e;
            } catch (IOException e) {
                broken = e; // the server may have answered before it had read everything
            }
            HttpResponse response = head(request, pool, in, broken);
            done = true;
            return response;
        } finally {
            if (!done) {
                wire.abort();
            }
        }
    }

    private HttpResponse head(
            HttpRequest request, Pool pool, WireReader in, @Nullable IOException broken)
            throws IOException {
        String line;
        try {
            line = HeadReader.startLine(in, config.maxHeadBytes());
        } catch (SocketTimeoutException | MalformedHttpException e) {
            throw e;
        } catch (IOException e) {
            throw new NothingReceivedException(broken == null ? e : broken);
        }
        if (line == null) {
            throw new NothingReceivedException(
                    broken == null
                            ? new EOFException("connection closed before the answer")
                            : broken);
        }
        Headers headers = HeadReader.fields(in, config.maxHeadBytes());
        int status = StatusLine.parse(line);
        for (int interim = 0; status < 200 && status != 101; interim++) {
            if (interim == 10) {
                throw new MalformedHttpException(502, "too many interim answers");
            }
            line = HeadReader.startLine(in, config.maxHeadBytes());
            if (line == null) {
                throw new EOFException("connection closed before the answer");
            }
            headers = HeadReader.fields(in, config.maxHeadBytes());
            status = StatusLine.parse(line);
        }
        Framing framing = Framing.ofResponse(request.method(), status, headers);
        boolean keep =
                broken == null
                        && !headers.hasToken("Connection", "close")
                        && (!StatusLine.oldVersion(line)
                                || headers.hasToken("Connection", "keep-alive"));
        var body = new HttpBody(in, framing, request.display());
        return new HttpResponse(request, status, headers, body, new Use(pool, in, keep));
    }

    private static boolean repeatable(HttpRequest request) {
        return request.body().repeatable()
                && switch (request.method()) {
                    case "GET", "HEAD", "PUT", "DELETE", "OPTIONS" -> true;
                    default -> false;
                };
    }

    private static NaiadException failed(String what, Route route, IOException e) {
        if (e instanceof ClosedByInterruptException
                || e.getCause() instanceof ClosedByInterruptException) {
            return new NaiadException(ErrorKind.CANCELLED, what + ": interrupted", e);
        }
        if (e instanceof RequestWriter.ProducerException) {
            return new NaiadException(
                    ErrorKind.INTERNAL, what + ": request body: " + message(e), e);
        }
        if (e instanceof SSLException) {
            return new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    what + ": TLS with " + route + ": " + tlsMessage(e),
                    e);
        }
        var kind =
                switch (e) {
                    case SocketTimeoutException _ -> ErrorKind.DEADLINE_EXCEEDED;
                    case MalformedHttpException _ -> ErrorKind.INVALID_ARGUMENT;
                    default -> ErrorKind.UNAVAILABLE;
                };
        return new NaiadException(kind, what + ": " + message(e), e);
    }

    private static String tlsMessage(IOException e) {
        String text = message(e);
        if (text.startsWith("Unsupported or unrecognized SSL message")) {
            return "the server does not speak TLS (http instead of https?)";
        }
        return text;
    }

    private static String message(IOException e) {
        String text = e.getMessage();
        return text == null ? e.getClass().getSimpleName() : text;
    }

    @Override
    public void close() {
        pools.values().forEach(Pool::close);
        watchdog.close();
    }

    /** The server closed the connection without a byte of an answer. */
    private static final class NothingReceivedException extends IOException {
        private static final long serialVersionUID = 1;

        NothingReceivedException(IOException cause) {
            super(message(cause), cause);
        }
    }

    /** One use of a connection. */
    private static final class Use implements Exchange {
        private final Pool pool;
        private final WireReader connection;
        private final boolean keep;
        private final AtomicBoolean ended = new AtomicBoolean();

        Use(Pool pool, WireReader connection, boolean keep) {
            this.pool = pool;
            this.connection = connection;
            this.keep = keep;
        }

        @Override
        public void end(boolean usable) {
            if (ended.compareAndSet(false, true)) {
                pool.release(connection, usable && keep);
            }
        }

        @Override
        public void abort() {
            connection.wire().abort();
        }
    }
}
