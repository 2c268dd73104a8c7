package dev.naiad.dfdaemon.piece;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.PieceWriter;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.api.common.TrafficType;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpRange;
import dev.naiad.net.http.HttpRange.ContentRange;
import dev.naiad.net.http.HttpUrl;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * HTTP and HTTPS origins, above all registries. The reader's own headers go along (a registry's
 * token), but not what would change the content: conditions, ranges, encodings. Redirects are
 * followed; credentials stay behind when the origin changes.
 */
public final class HttpOrigin implements Origin {
    private static final int MAX_REDIRECTS = 10;
    private static final Set<String> NOT_FORWARDED =
            Set.of(
                    "host",
                    // Origins tell by it what came through the swarm from what did not.
                    "user-agent",
                    "range",
                    "accept-encoding",
                    "connection",
                    "content-length",
                    "transfer-encoding",
                    "proxy-authorization",
                    "proxy-connection",
                    "keep-alive",
                    "te",
                    "upgrade",
                    "expect",
                    "if-match",
                    "if-none-match",
                    "if-modified-since",
                    "if-unmodified-since",
                    "if-range");

    private final HttpClient client;
    private final Map<String, String> added;
    private final int retries;
    private final InstantSource clock;
    private final TransferBuffers buffers;
    private final Requests requests;

    /** Hears of each request. */
    public interface Requests {
        /**
         * A request begins.
         *
         * @param method as the metrics count it: HEAD for a stat, GET for a piece
         * @return hears whether it went well
         */
        Consumer<Boolean> begins(String scheme, String method);
    }

    /**
     * @param added headers of the configuration, sent where the reader sends none of that name
     */
    public HttpOrigin(
            HttpClient client,
            Map<String, String> added,
            int retries,
            InstantSource clock,
            TransferBuffers buffers,
            Requests requests) {
        this.client = client;
        this.added = Map.copyOf(added);
        this.retries = retries;
        this.clock = clock;
        this.buffers = buffers;
        this.requests = requests;
    }

    @Override
    public Stat stat(String url, Map<String, String> requestHeaders) {
        return retrying(url, "HEAD", () -> statOnce(url, requestHeaders));
    }

    private Stat statOnce(String url, Map<String, String> requestHeaders) {
        HttpRequest request = request(url, requestHeaders);
        // GET, not HEAD: a signed URL is signed for its method.
        try (var answer = client.follow(request.with("Range", "bytes=0-0"), MAX_REDIRECTS)) {
            if (answer.status() == 206) {
                OptionalLong size =
                        answer.headers()
                                .first("Content-Range")
                                .flatMap(HttpRange::parseContentRange)
                                .map(ContentRange::size)
                                .orElse(OptionalLong.empty());
                answer.body().skipUpTo(1);
                return whole(answer, size);
            }
            if (answer.status() != 416) {
                requireOk(answer);
                return whole(answer, answer.body().length());
            }
        }
        // An empty content has no first byte.
        try (var answer = client.follow(request, MAX_REDIRECTS)) {
            requireOk(answer);
            return whole(answer, answer.body().length());
        }
    }

    private static Stat whole(HttpResponse answer, OptionalLong size) {
        if (size.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    answer.url().display() + ": the origin names no content length");
        }
        Headers headers =
                answer.headers().toBuilder()
                        .remove("Content-Range")
                        .remove("Connection")
                        .remove("Transfer-Encoding")
                        .set("Content-Length", Long.toString(size.getAsLong()))
                        .build();
        return new Stat(size.getAsLong(), headers);
    }

    @Override
    public PieceRecord fetch(
            StoredTask task,
            int number,
            String url,
            Map<String, String> requestHeaders,
            RateLimiter[] limits,
            TransferHandle handle) {
        return retrying(
                url, "GET", () -> fetchOnce(task, number, url, requestHeaders, limits, handle));
    }

    private PieceRecord fetchOnce(
            StoredTask task,
            int number,
            String url,
            Map<String, String> requestHeaders,
            RateLimiter[] limits,
            TransferHandle handle) {
        Instant begin = clock.instant();
        ByteRange range = new ByteRange(task.layout().offset(number), task.layout().length(number));
        HttpRequest request = request(url, requestHeaders).with("Range", HttpRange.format(range));
        try (var answer = client.follow(request, MAX_REDIRECTS);
                PieceWriter writer = task.write(number)) {
            handle.onCancel(answer::cancel);
            requireRange(answer, range, task.meta().contentLength());
            copy(answer, writer, limits, handle);
            return writer.commit(
                    TrafficType.BACK_TO_SOURCE,
                    "",
                    Duration.between(begin, clock.instant()),
                    clock.instant(),
                    PieceWriter.Check.NONE);
        }
    }

    private void copy(
            HttpResponse answer, PieceWriter writer, RateLimiter[] limits, TransferHandle handle) {
        ByteBuffer buffer = buffers.take();
        try {
            while (writer.remaining() > 0) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), writer.remaining()));
                int read = answer.body().read(buffer);
                if (read < 0) {
                    throw new NaiadException(
                            ErrorKind.UNAVAILABLE,
                            answer.url().display() + ": " + writer.remaining() + " bytes missing");
                }
                handle.moved(read);
                for (RateLimiter limit : limits) {
                    limit.acquire(read);
                }
                writer.write(buffer.flip());
            }
        } finally {
            buffers.give(buffer);
        }
    }

    private static void requireRange(HttpResponse answer, ByteRange range, long contentLength) {
        if (answer.status() == 206) {
            Optional<ContentRange> given =
                    answer.headers().first("Content-Range").flatMap(HttpRange::parseContentRange);
            if (given.isEmpty()
                    || !given.get().range().equals(range)
                    || given.get().size().orElse(contentLength) != contentLength) {
                throw new NaiadException(
                        ErrorKind.DATA_LOSS,
                        answer.url().display()
                                + ": asked for "
                                + HttpRange.contentRange(range, contentLength)
                                + ", got "
                                + answer.headers().first("Content-Range").orElse("no range"));
            }
            return;
        }
        requireOk(answer);
        // An origin that ignores Range sends all; of use only where the piece is at the start.
        if (range.offset() != 0 || answer.body().length().orElse(contentLength) != contentLength) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    answer.url().display() + ": the origin ignores the range asked for");
        }
    }

    private static void requireOk(HttpResponse answer) {
        if (!answer.ok()) {
            throw new OriginException(
                    answer.status(),
                    answer.headers(),
                    answer.url().display() + ": the origin answered " + answer.status());
        }
    }

    private HttpRequest request(String url, Map<String, String> requestHeaders) {
        var headers = Headers.builder();
        requestHeaders.forEach(
                (name, value) -> {
                    String lower = name.toLowerCase(Locale.ROOT);
                    if (!NOT_FORWARDED.contains(lower) && !lower.startsWith("x-dragonfly-")) {
                        headers.set(name, value);
                    }
                });
        added.forEach(headers::setIfAbsent);
        headers.set("Accept-Encoding", "identity");
        return HttpRequest.get(HttpUrl.parse(url)).withHeaders(headers.build());
    }

    private interface Attempt<T> {
        T run();
    }

    private <T> T retrying(String url, String method, Attempt<T> attempt) {
        String scheme = HttpUrl.parse(url).scheme();
        for (int left = retries; ; left--) {
            Consumer<Boolean> end = requests.begins(scheme, method);
            boolean well = false;
            try {
                T value = attempt.run();
                well = true;
                return value;
            } catch (NaiadException e) {
                boolean passing =
                        e.kind() == ErrorKind.UNAVAILABLE
                                || e.kind() == ErrorKind.DEADLINE_EXCEEDED;
                if (!passing || left <= 0) {
                    throw e;
                }
            } finally {
                end.accept(well);
            }
        }
    }
}
