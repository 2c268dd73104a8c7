package dev.naiad.dfdaemon.task;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.concurrent.SingleFlight;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.piece.Origin;
import dev.naiad.dfdaemon.piece.OriginException;
import dev.naiad.dfdaemon.scheduler.DfdaemonMessages;
import dev.naiad.dfdaemon.scheduler.SchedulerDirectory;
import dev.naiad.dfdaemon.storage.PieceStore;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dfdaemon.storage.TaskMeta;
import dev.naiad.dragonfly.PieceLayout;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Task;
import dev.naiad.net.http.HttpRange;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the task of a request in the store, or asks for its length and makes room for it. */
final class TaskPreparation {
    private static final Logger LOG = LoggerFactory.getLogger(TaskPreparation.class);

    private final PieceStore store;
    private final Origin origin;
    private final SchedulerDirectory schedulers;
    private final TaskEvents events;
    private final InstantSource clock;
    private final SingleFlight<String, StoredTask> preparing = new SingleFlight<>();

    TaskPreparation(
            PieceStore store,
            Origin origin,
            SchedulerDirectory schedulers,
            TaskEvents events,
            InstantSource clock) {
        this.store = store;
        this.origin = origin;
        this.schedulers = schedulers;
        this.events = events;
        this.clock = clock;
    }

    /** The task, held: the caller releases it. */
    StoredTask acquire(String taskId, Download download) throws InterruptedException {
        while (true) {
            Optional<StoredTask> held = store.acquire(taskId);
            if (held.isPresent()) {
                return held.get();
            }
            StoredTask created = createOnce(taskId, download);
            if (created.tryRetain()) {
                return created;
            }
        }
    }

    private StoredTask createOnce(String taskId, Download download) throws InterruptedException {
        try {
            return preparing.call(taskId, () -> create(taskId, download));
        } catch (InterruptedException | RuntimeException e) {
            // A follower gets the leader's failure wrapped; the origin's own words count.
            if (e.getCause() instanceof OriginException answered) {
                throw answered;
            }
            throw e;
        } catch (Exception e) {
            throw new NaiadException(ErrorKind.INTERNAL, String.valueOf(e.getMessage()), e);
        }
    }

    private StoredTask create(String taskId, Download download) {
        Optional<StoredTask> raced = store.find(taskId);
        if (raced.isPresent()) {
            return raced.get();
        }
        long length;
        Map<String, String> headers;
        try {
            Origin.Stat stat = origin.stat(download.getUrl(), download.getRequestHeaderMap());
            length = stat.contentLength();
            headers = DfdaemonMessages.headers(stat.headers());
        } catch (NaiadException e) {
            length = lengthInSwarm(taskId, e);
            headers =
                    Map.of(
                            "Content-Length",
                            Long.toString(length),
                            "Content-Type",
                            "application/octet-stream");
        }
        PieceLayout layout = layout(download, length);
        StoredTask task =
                store(new TaskMeta(taskId, download.getUrl(), layout, headers, clock.instant()));
        if (layout.count() == 0) {
            task.seal();
        }
        return task;
    }

    private static PieceLayout layout(Download download, long length) {
        try {
            return download.hasPieceLength()
                    ? new PieceLayout(length, download.getPieceLength())
                    : PieceLayout.of(length);
        } catch (IllegalArgumentException e) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
    }

    private StoredTask store(TaskMeta meta) {
        try {
            return store.create(meta);
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.NO_SPACE) {
                events.diskFull(meta.contentLength());
            }
            throw e;
        }
    }

    /** The origin is unreachable; the swarm may still know the content. */
    private long lengthInSwarm(String taskId, NaiadException failure) {
        boolean away =
                failure instanceof OriginException answered
                        ? answered.status() >= 500
                        : failure.kind() == ErrorKind.UNAVAILABLE
                                || failure.kind() == ErrorKind.DEADLINE_EXCEEDED;
        Optional<Task> task = away ? schedulers.stat(taskId) : Optional.<Task>empty();
        long length = task.map(Task::getContentLength).orElse(0L);
        if (length <= 0) {
            throw failure;
        }
        LOG.info(
                "task {}: the origin is away ({}), the swarm knows {} bytes",
                taskId,
                failure.what(),
                length);
        return length;
    }

    /** The range that a request asks for; {@link RangeException} if it lies outside. */
    static Optional<ByteRange> range(TaskRequest request, StoredTask stored) {
        long length = stored.meta().contentLength();
        Download download = request.download();
        try {
            if (download.hasRange()) {
                long start = download.getRange().getStart();
                long count = download.getRange().getLength();
                if (start < 0 || count <= 0 || start >= length || count > length - start) {
                    throw new RangeException(stored.meta().taskId(), length);
                }
                return Optional.of(new ByteRange(start, count));
            }
            return request.rangeHeader().flatMap(text -> HttpRange.parse(text, length));
        } catch (NaiadException e) {
            throw e instanceof RangeException
                    ? e
                    : new RangeException(stored.meta().taskId(), length);
        }
    }
}
