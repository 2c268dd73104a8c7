package dev.naiad.backend.remote;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendCounters;
import dev.naiad.backend.ReadOptions;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.connection.Attempt;
import dev.naiad.backend.connection.Mirror;
import dev.naiad.backend.connection.Reply;
import dev.naiad.backend.connection.Suspects;
import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpRange;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.function.LongConsumer;

/** Blobs of an HTTP origin of any kind. */
public final class RemoteBackend implements Backend {
    private static final long MIN_BYTES_PER_SECOND = 1024;

    private final BlobOrigin origin;
    private final Retries retries;
    private final BackendCounters metrics;

    public RemoteBackend(BlobOrigin origin, Retries retries, BackendCounters metrics) {
        this.origin = origin;
        this.retries = retries;
        this.metrics = metrics;
    }

    @Override
    public String type() {
        return origin.type();
    }

    @Override
    public long size(String blobId, Deadline deadline) {
        return retries.run(
                "size of blob " + blobId,
                ReadPriority.USER,
                deadline,
                attempt -> {
                    try (var reply = origin.ask("HEAD", blobId, Headers.EMPTY, attempt)) {
                        return contentLength(blobId, reply);
                    }
                });
    }

    private static long contentLength(String blobId, Reply reply) {
        String text = reply.response().headers().first("Content-Length").orElse("");
        if (!text.matches("[0-9]{1,18}")) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    "blob " + blobId + ": the answer to HEAD has no Content-Length");
        }
        return Long.parseLong(text);
    }

    @Override
    public void read(
            String blobId,
            long offset,
            MemorySegment target,
            ReadPriority priority,
            Deadline deadline) {
        read(blobId, offset, target, new ReadOptions(priority, deadline, false, bytes -> {}));
    }

    @Override
    public void read(String blobId, long offset, MemorySegment target, ReadOptions options) {
        var range = new ByteRange(offset, target.byteSize());
        if (range.isEmpty()) {
            return;
        }
        retries.run(
                "blob " + blobId,
                options,
                attempt -> {
                    long begin = System.nanoTime();
                    readOnce(blobId, range, target, attempt, options.progress());
                    metrics.succeeded(range.length(), System.nanoTime() - begin);
                    return true;
                });
    }

    private void readOnce(
            String blobId,
            ByteRange range,
            MemorySegment target,
            Attempt attempt,
            LongConsumer progress) {
        var headers = Headers.of("Range", HttpRange.format(range));
        try (var reply = origin.ask("GET", blobId, headers, attempt)) {
            try {
                RangeCheck.exact(reply.response(), range);
                demandPace(reply);
                reply.response().body().readFully(target, progress);
            } catch (NaiadException e) {
                throw blame(reply, e, attempt);
            }
        }
    }

    /** A server that sends a few bytes now and then would hold a reader until its deadline. */
    private void demandPace(Reply reply) {
        var window = origin.connection().timeout();
        if (!window.isZero()) {
            reply.response().body().demand(MIN_BYTES_PER_SECOND * window.toSeconds(), window);
        }
    }

    /** A broken answer of a mirror is the mirror's fault: the next attempt asks somebody else. */
    private RuntimeException blame(Reply reply, NaiadException e, Attempt attempt) {
        if (reply.mirror().isEmpty() || e.kind() == ErrorKind.CANCELLED) {
            return e;
        }
        brokeOff(reply.mirror().get(), e, attempt.suspects());
        return new Retries.MirrorFailure(reply.mirror().get(), e);
    }

    void brokeOff(Mirror mirror, NaiadException e, Suspects suspects) {
        origin.connection().brokeOff(mirror, e.what(), suspects);
    }

    @Override
    public InputStream stream(
            String blobId, long offset, ReadPriority priority, Deadline deadline) {
        return new ResumingStream(this, blobId, offset, priority, deadline);
    }

    /** Opens the rest of a blob. */
    Reply open(
            String blobId,
            long offset,
            ReadPriority priority,
            Deadline deadline,
            Set<Mirror> avoid,
            Suspects suspects) {
        Headers headers =
                offset == 0 ? Headers.EMPTY : Headers.of("Range", "bytes=" + offset + "-");
        return retries.run(
                "blob " + blobId,
                priority,
                deadline,
                avoid,
                suspects,
                attempt -> {
                    Reply reply = origin.ask("GET", blobId, headers, attempt);
                    boolean good = false;
                    try {
                        RangeCheck.from(reply.response(), offset);
                        good = true;
                        return reply;
                    } catch (NaiadException e) {
                        throw blame(reply, e, attempt);
                    } finally {
                        if (!good) {
                            reply.close();
                        }
                    }
                });
    }

    @Override
    public BackendCounters metrics() {
        return metrics;
    }

    @Override
    public boolean reconfigure(String key, String value) {
        return origin.reconfigure(key, value);
    }

    @Override
    public void close() {
        origin.connection().close();
    }
}
