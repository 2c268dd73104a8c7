package dev.naiad.dfdaemon.task;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Startable;
import dev.naiad.base.time.Ticker;
import dev.naiad.dfdaemon.piece.OriginException;
import dev.naiad.dfdaemon.piece.PieceTransfers;
import dev.naiad.dfdaemon.scheduler.HostIdentity;
import dev.naiad.dfdaemon.scheduler.SchedulerDirectory;
import dev.naiad.dfdaemon.storage.PieceStore;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.TaskIds;
import dev.naiad.dragonfly.api.common.Download;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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
    private final ExecutorService threads =
            Executors.newCachedThreadPool(Thread.ofPlatform().name("piece-", 0).daemon().factory());
    private final ScheduledExecutorService ticks =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("task-clock").daemon().factory());
    private final ConcurrentHashMap<String, ActiveTask> active = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Set<String>> banned = new ConcurrentHashMap<>();
    private final Set<String> prefetched = ConcurrentHashMap.newKeySet();
    private final WholeCheck check = new BlobDigestCheck(this::forgetSpoiled);
    private final TaskPreparation preparation;
    private volatile boolean closed;

    public TaskEngine(
            PieceStore store,
            TaskSettings settings,
            HostIdentity identity,
            PieceTransfers transfers,
            SchedulerDirectory schedulers,
            ParentLinks links,
            TaskEvents events,
            TaskFeeds feeds,
            InstantSource clock,
            Ticker ticker,
            RandomGenerator random) {
        this.store = store;
        this.settings = settings;
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
                        events,
                        feeds);
        this.preparation =
                new TaskPreparation(store, transfers.origin(), schedulers, events, clock);
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
        StoredTask stored = preparation.acquire(taskId, download);
        TaskSession session;
        try {
            Optional<ByteRange> range = TaskPreparation.range(request, stored);
            Download described = describe(download, stored, range);
            session =
                    new TaskSession(
                            this,
                            stored,
                            described,
                            range,
                            settings.readAhead(),
                            request.inOrder());
        } catch (RuntimeException e) {
            stored.release();
            throw e;
        }
        boolean begun = false;
        try {
            session.begin();
            begun = true;
            return session;
        } finally {
            if (!begun) {
                session.close();
            }
        }
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

    /** A prefetch ended; one that failed may be tried again. */
    public void prefetchEnded(String taskId) {
        prefetched.remove(taskId);
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
            ActiveTask task = active.computeIfAbsent(taskId, id -> activate(stored, download));
            if (task.stored() == stored && task.join(wish, download, withSwarm)) {
                return task;
            }
            if (stored.isDropped()) {
                throw new NaiadException(
                        ErrorKind.ABORTED, "task " + taskId + " was removed from the store");
            }
            // It just ended, or its content was removed and this reader's is the next one.
            task.close();
            active.remove(taskId, task);
        }
        throw new NaiadException(ErrorKind.UNAVAILABLE, "dfdaemon is stopping");
    }

    private ActiveTask activate(StoredTask stored, Download download) {
        Set<String> none = Set.of();
        String taskId = stored.meta().taskId();
        return new ActiveTask(
                stored,
                download,
                parts,
                host -> banned.getOrDefault(taskId, none).contains(host),
                check);
    }

    /** The active task of this id, if there is one. */
    Optional<ActiveTask> activeTask(String taskId) {
        return Optional.ofNullable(active.get(taskId));
    }

    TaskEvents events() {
        return parts.events();
    }

    TaskFeeds feeds() {
        return parts.feeds();
    }

    PieceStore store() {
        return store;
    }

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
