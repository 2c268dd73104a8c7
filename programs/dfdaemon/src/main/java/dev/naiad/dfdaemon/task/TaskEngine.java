package dev.naiad.dfdaemon.task;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.concurrent.SingleFlight;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Startable;
import dev.naiad.base.time.Ticker;
import dev.naiad.dfdaemon.piece.Origin;
import dev.naiad.dfdaemon.piece.OriginException;
import dev.naiad.dfdaemon.piece.PieceTransfers;
import dev.naiad.dfdaemon.scheduler.HostIdentity;
import dev.naiad.dfdaemon.scheduler.Messages;
import dev.naiad.dfdaemon.scheduler.SchedulerDirectory;
import dev.naiad.dfdaemon.storage.PieceStore;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dfdaemon.storage.TaskMeta;
import dev.naiad.dragonfly.PieceLayout;
import dev.naiad.dragonfly.TaskIds;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Task;
import dev.naiad.net.http.HttpRange;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All downloads of this host: proxy, gRPC and prefetch alike begin them here. Owns the active
 * tasks, their transfer threads and their clock.
 */
public final class TaskEngine implements Startable {
    private static final Logger LOG = LoggerFactory.getLogger(TaskEngine.class);
    private static final long TICK_MILLIS = 100;

    private final PieceStore store;
    private final TaskSettings settings;
    private final TaskParts parts;
    private final InstantSource clock;
    private final ExecutorService threads =
            Executors.newCachedThreadPool(Thread.ofPlatform().name("piece-", 0).daemon().factory());
    private final ScheduledExecutorService ticks =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("task-clock").daemon().factory());
    private final ConcurrentHashMap<String, ActiveTask> active = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Set<String>> banned = new ConcurrentHashMap<>();
    private final SingleFlight<String, StoredTask> preparing = new SingleFlight<>();
    private volatile boolean closed;

    public TaskEngine(
            PieceStore store,
            TaskSettings settings,
            HostIdentity identity,
            PieceTransfers transfers,
            SchedulerDirectory schedulers,
            ParentLinks links,
            TaskEvents events,
            InstantSource clock,
            Ticker ticker,
            RandomGenerator random) {
        this.store = store;
        this.settings = settings;
        this.clock = clock;
        this.parts =
                new TaskParts(
                        identity,
                        transfers,
                        schedulers,
                        links,
                        threads,
                        ticker,
                        random,
                        settings.limits(),
                        settings.linger(),
                        settings.maxScheduleCount(),
                        events);
    }

    @Override
    public void start() {
        Future<?> _ =
                ticks.scheduleWithFixedDelay(
                        this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    public HostIdentity identity() {
        return parts.identity();
    }

    /**
     * Begins a download: finds or asks the origin for its length, and sets the swarm going for what
     * is missing. The caller reads pieces from the session and closes it.
     *
     * @throws OriginException if the origin answers with an error
     * @throws RangeException if the range lies outside the content; the task is untouched
     */
    public TaskSession begin(TaskRequest request) throws InterruptedException {
        Download download = request.download();
        String taskId = taskId(download);
        StoredTask stored = prepare(taskId, download);
        Optional<ByteRange> range = range(request, stored);
        Download described = describe(download, stored, range);
        var session = new TaskSession(this, stored, described, range, settings.readAhead());
        session.begin();
        return session;
    }

    /** The id of a download; INVALID_ARGUMENT if it can have none. */
    public static String taskId(Download download) {
        try {
            return TaskIds.of(download);
        } catch (IllegalArgumentException e) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
        }
    }

    /** Begins to fetch the rest of the request's content; false if that was begun before. */
    public Optional<TaskSession> prefetch(TaskRequest request) throws InterruptedException {
        String taskId = taskId(request.download());
        Optional<StoredTask> stored = store.find(taskId);
        if (stored.isEmpty() || stored.get().isComplete() || !prefetched.add(taskId)) {
            return Optional.empty();
        }
        boolean begun = false;
        try {
            var session = Optional.of(begin(request.prefetch()));
            begun = true;
            return session;
        } finally {
            if (!begun) {
                prefetched.remove(taskId);
            }
        }
    }

    private final Set<String> prefetched = ConcurrentHashMap.newKeySet();

    /** A prefetch ended; one that failed may be tried again. */
    public void prefetchEnded(String taskId) {
        prefetched.remove(taskId);
    }

    private StoredTask prepare(String taskId, Download download) throws InterruptedException {
        Optional<StoredTask> held = store.find(taskId);
        if (held.isPresent()) {
            return held.get();
        }
        try {
            return preparing.call(taskId, () -> createTask(taskId, download));
        } catch (InterruptedException | RuntimeException e) {
            // A follower gets the leader's failure wrapped; the origin's own words count.
            if (e.getCause() instanceof OriginException origin) {
                throw origin;
            }
            throw e;
        } catch (Exception e) {
            throw new NaiadException(ErrorKind.INTERNAL, String.valueOf(e.getMessage()), e);
        }
    }

    private StoredTask createTask(String taskId, Download download) {
        Optional<StoredTask> raced = store.find(taskId);
        if (raced.isPresent()) {
            return raced.get();
        }
        long length;
        Map<String, String> headers;
        try {
            Origin.Stat stat =
                    parts.transfers()
                            .origin()
                            .stat(download.getUrl(), download.getRequestHeaderMap());
            length = stat.contentLength();
            headers = Messages.headers(stat.headers());
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
                parts.events().diskFull(meta.contentLength());
            }
            throw e;
        }
    }

    /** The origin is away: the swarm may know the content all the same. */
    private long lengthInSwarm(String taskId, NaiadException failure) {
        boolean away =
                failure instanceof OriginException origin
                        ? origin.status() >= 500
                        : failure.kind() == ErrorKind.UNAVAILABLE
                                || failure.kind() == ErrorKind.DEADLINE_EXCEEDED;
        Optional<Task> task = away ? parts.schedulers().stat(taskId) : Optional.<Task>empty();
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

    private static Optional<ByteRange> range(TaskRequest request, StoredTask stored) {
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

    private Download describe(Download download, StoredTask stored, Optional<ByteRange> range) {
        Download.Builder described =
                download.toBuilder()
                        .setConcurrentPieceCount(settings.concurrentPieces())
                        .setActualContentLength(stored.meta().contentLength())
                        .setActualPieceLength(stored.layout().pieceLength())
                        .setActualPieceCount(stored.layout().count());
        // With prefetch the rest is wanted as well, so the swarm is asked for all of it.
        if (range.isPresent() && !download.getPrefetch()) {
            described.setRange(
                    dev.naiad.dragonfly.api.common.Range.newBuilder()
                            .setStart(range.get().offset())
                            .setLength(range.get().length()));
        }
        return described.build();
    }

    private boolean usesSwarm(StoredTask stored, Download download, long rangeLength) {
        if (download.getNeedBackToSource() || download.getDisableBackToSource()) {
            return true;
        }
        return stored.meta().contentLength() > settings.sourceShortcut()
                && !(settings.rangedReadFromSource() && rangeLength <= TaskSettings.SHORT_RANGE);
    }

    /** Joins a reader to the active task, beginning one if there is none. */
    ActiveTask join(StoredTask stored, Wish wish, Download download, long rangeLength) {
        return join(stored, wish, download, usesSwarm(stored, download, rangeLength));
    }

    /** Joins on behalf of a child that asked this host to fetch: from the origin, silently. */
    ActiveTask joinForChild(StoredTask stored, Wish wish, Download download) {
        return join(stored, wish, download, false);
    }

    private ActiveTask join(StoredTask stored, Wish wish, Download download, boolean withSwarm) {
        String taskId = stored.meta().taskId();
        while (!closed) {
            ActiveTask task =
                    active.computeIfAbsent(
                            taskId,
                            id ->
                                    new ActiveTask(
                                            stored,
                                            download,
                                            parts,
                                            host ->
                                                    banned.getOrDefault(id, Set.of())
                                                            .contains(host),
                                            check));
            if (task.stored() == stored && task.join(wish, download, withSwarm)) {
                return task;
            }
            if (task.isClosed()) {
                active.remove(taskId, task);
            } else if (stored.isDropped()) {
                throw new NaiadException(
                        ErrorKind.ABORTED, "task " + taskId + " was removed from the store");
            }
            LockSupport.parkNanos(100_000);
        }
        throw new NaiadException(ErrorKind.UNAVAILABLE, "dfdaemon is stopping");
    }

    /** The active task of this id, if somebody wants something of it. */
    Optional<ActiveTask> activeTask(String taskId) {
        return Optional.ofNullable(active.get(taskId));
    }

    TaskEvents events() {
        return parts.events();
    }

    PieceStore store() {
        return store;
    }

    private final WholeCheck check = new BlobDigestCheck(this::forgetSpoiled);

    private void forgetSpoiled(StoredTask stored, Set<String> suspects) {
        String taskId = stored.meta().taskId();
        banned.computeIfAbsent(taskId, id -> ConcurrentHashMap.newKeySet()).addAll(suspects);
        prefetched.remove(taskId);
        store.drop(taskId);
    }

    private void tick() {
        try {
            long now = parts.ticker().nanos();
            active.forEach(
                    (taskId, task) -> {
                        if (task.tick(now)) {
                            active.remove(taskId, task);
                        }
                    });
        } catch (RuntimeException e) {
            LOG.error("the clock of the tasks failed in one round", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        ticks.shutdownNow();
        active.values().forEach(ActiveTask::close);
        threads.shutdown();
    }
}
