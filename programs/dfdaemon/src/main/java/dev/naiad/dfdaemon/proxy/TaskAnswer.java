package dev.naiad.dfdaemon.proxy;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.dfdaemon.metrics.DfdaemonMetrics;
import dev.naiad.dfdaemon.task.TaskEngine;
import dev.naiad.dfdaemon.task.TaskPrefetcher;
import dev.naiad.dfdaemon.task.TaskRequest;
import dev.naiad.dfdaemon.task.TaskSession;
import dev.naiad.net.http.BodyWriter;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpRange;
import dev.naiad.net.server.HttpExchange;
import java.io.IOException;
import java.nio.channels.FileChannel;

/**
 * Answers a request from the swarm: the head once the first piece is there, so that failures before
 * it are proper answers; then the pieces in order, from the store by sendfile.
 */
final class TaskAnswer {
    private final TaskEngine engine;
    private final TaskPrefetcher prefetcher;
    private final DfdaemonMetrics metrics;

    TaskAnswer(TaskEngine engine, TaskPrefetcher prefetcher, DfdaemonMetrics metrics) {
        this.engine = engine;
        this.prefetcher = prefetcher;
        this.metrics = metrics;
    }

    void send(HttpExchange exchange, TaskRequest request) throws IOException, InterruptedException {
        var metric = metrics.download(request.download());
        long bytes = 0;
        boolean well = false;
        try (TaskSession session = engine.begin(request)) {
            bytes = session.span().length();
            if (session.range().isPresent() && request.download().getPrefetch()) {
                prefetcher.begin(request);
            }
            try {
                stream(exchange, session);
                session.succeeded();
            } catch (IOException e) {
                // The reader is gone, or we would have got another failure.
                session.abandoned();
                throw e;
            }
            well = true;
        } finally {
            metric.end(bytes, well);
        }
    }

    private void stream(HttpExchange exchange, TaskSession session)
            throws IOException, InterruptedException {
        int first = session.firstPiece();
        int end = session.endPiece();
        if (first < end) {
            session.await(first);
        }
        try (FileChannel content = session.stored().openContent()) {
            BodyWriter out =
                    exchange.stream(
                            session.range().isPresent() ? 206 : 200,
                            headers(session),
                            session.span().length());
            for (int piece = first; piece < end; piece++) {
                if (piece > first) {
                    session.await(piece);
                }
                ByteRange part = session.part(piece);
                out.sendFile(content, part.offset(), part.length());
            }
            out.finish();
        }
    }

    private Headers headers(TaskSession session) {
        var headers = Headers.builder();
        session.stored().meta().responseHeaders().forEach(headers::set);
        headers.remove("Connection")
                .remove("Transfer-Encoding")
                .remove("Keep-Alive")
                .remove("Content-Range")
                .set("Accept-Ranges", "bytes")
                .set(ProxyHeaders.TASK_ID, session.taskId())
                .set(ProxyHeaders.SERVER_IP, engine.identity().ip());
        session.range()
                .ifPresent(
                        range ->
                                headers.set(
                                        "Content-Range",
                                        HttpRange.contentRange(
                                                range, session.stored().meta().contentLength())));
        if (session.wasComplete()) {
            headers.set(ProxyHeaders.FINISHED, "true");
        }
        return headers.build();
    }
}
