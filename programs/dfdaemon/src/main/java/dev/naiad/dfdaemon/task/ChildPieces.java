package dev.naiad.dfdaemon.task;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.metrics.DfdaemonMetrics;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dfdaemon.storage.TaskMeta;
import dev.naiad.dfdaemon.vortex.UploadSlots;
import dev.naiad.dfdaemon.vortex.VortexServer;
import dev.naiad.dragonfly.api.common.Download;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What children get of the tasks of this host: pieces that are here, those that come, and, from a
 * host that may go to the origin, those that a child asks it to fetch.
 */
public final class ChildPieces implements VortexServer.Pieces {
    private static final Logger LOG = LoggerFactory.getLogger(ChildPieces.class);

    /** No task has more pieces; higher numbers are ignored. */
    public static final int MAX_PIECES = TaskMeta.MAX_PIECES;

    private static final Duration PIECE_WAIT = Duration.ofSeconds(60);
    private static final Duration ALIVE_EVERY = Duration.ofMillis(500);

    private final TaskEngine engine;
    private final DfdaemonMetrics metrics;
    private final UploadSlots uploads;

    public ChildPieces(TaskEngine engine, DfdaemonMetrics metrics, UploadSlots uploads) {
        this.engine = engine;
        this.metrics = metrics;
        this.uploads = uploads;
    }

    @Override
    public @Nullable StoredTask await(String taskId, int number) throws InterruptedException {
        StoredTask stored = engine.store().acquire(taskId).orElse(null);
        if (stored == null) {
            return null;
        }
        boolean here = false;
        try {
            here = number >= 0 && number < stored.layout().count() && await(stored, number);
            return here ? stored : null;
        } finally {
            if (!here) {
                stored.release();
            }
        }
    }

    private boolean await(StoredTask stored, int number) throws InterruptedException {
        long end = System.nanoTime() + PIECE_WAIT.toNanos();
        while (!stored.has(number)) {
            ActiveTask active = engine.activeTask(stored.meta().taskId()).orElse(null);
            if (active == null
                    || !active.readers().isComing(number)
                    || System.nanoTime() - end > 0
                    || !active.readers().awaitChange(1000)) {
                return stored.has(number);
            }
        }
        return true;
    }

    @Override
    public void began(String taskId, int number) {
        metrics.uploadBegins();
        engine.feeds().sent(taskId, number);
    }

    @Override
    public void ended() {
        metrics.uploadEnds();
    }

    @Override
    public void sent(long bytes) {
        metrics.uploaded(bytes);
    }

    /**
     * A child's interest in pieces of one task.
     *
     * @param ours whether the child understands our extra words
     * @param fetch empty, or how the child asks us to fetch what is not here
     */
    public record Interest(
            String taskId, BitSet pieces, boolean ours, String fetch, String authorization) {}

    /** Where the words for a child go. Children that are not ours hear of pieces only. */
    public interface Child {
        void has(StoredTask stored, int piece, UploadSlots.Load load);

        /** A greeting first, then the word that work goes on. */
        void alive(UploadSlots.Load load, boolean fetchesAll);

        void busy(UploadSlots.Load load);

        /** A piece has begun to be sent for the given time. */
        void sent(int piece, int times);

        boolean isGone();
    }

    /**
     * Tells a child of each piece it is interested in as soon as it is here. Returns when no more
     * will come or when the child is gone; for one that is not ours, also when all were told.
     *
     * @throws NaiadException NOT_FOUND if nothing of the task is here; FAILED_PRECONDITION if the
     *     child asks for a fetch that this host does not do
     */
    public void tell(Interest interest, Child child) throws InterruptedException {
        StoredTask stored =
                engine.store()
                        .acquire(interest.taskId())
                        .orElseThrow(
                                () ->
                                        new NaiadException(
                                                ErrorKind.NOT_FOUND,
                                                "task " + interest.taskId() + " not found"));
        TaskFeeds.Feed feed = engine.feeds().open(interest.taskId());
        try (var fetching = fetch(stored, interest)) {
            new Telling(stored, interest, child, feed, fetching).run();
        } finally {
            engine.feeds().close(interest.taskId());
            stored.release();
        }
    }

    /** One child's call. For one thread. */
    private final class Telling {
        private final StoredTask stored;
        private final Interest interest;
        private final Child child;
        private final TaskFeeds.Feed feed;
        private final Fetching fetching;

        /** Pieces that the child was not told of. */
        private final BitSet left = new BitSet();

        private final Map<Integer, Integer> sent = new HashMap<>();
        private int sentSeen;
        private UploadSlots.Load told = new UploadSlots.Load(0, 0);
        private boolean greeted;
        private long aliveAt = System.nanoTime();

        Telling(
                StoredTask stored,
                Interest interest,
                Child child,
                TaskFeeds.Feed feed,
                Fetching fetching) {
            this.stored = stored;
            this.interest = interest;
            this.child = child;
            this.feed = feed;
            this.fetching = fetching;
            left.or(interest.pieces());
            left.clear(stored.layout().count(), Math.max(stored.layout().count(), left.length()));
        }

        void run() throws InterruptedException {
            while (true) {
                long seen = feed.version();
                tellPieces();
                // Ours chooses among its parents by how busy they are: it listens to the end.
                if (child.isGone() || (left.isEmpty() && !listensToTheEnd())) {
                    return;
                }
                Optional<ActiveTask> active = engine.activeTask(interest.taskId());
                if (interest.ours()) {
                    tellMore(active);
                }
                boolean more =
                        active.isPresent()
                                && left.stream().anyMatch(active.get().readers()::isComing);
                if (!left.isEmpty() && (!more || fetching.hasFailed(left))) {
                    return;
                }
                feed.await(seen, ALIVE_EVERY.toMillis());
            }
        }

        /** A call that asks for a fetch is over when that is done. */
        private boolean listensToTheEnd() {
            return interest.ours() && interest.fetch().isEmpty();
        }

        private void tellPieces() {
            for (int p = left.nextSetBit(0); p >= 0; p = left.nextSetBit(p + 1)) {
                if (stored.has(p)) {
                    told = uploads.load();
                    child.has(stored, p, told);
                    left.clear(p);
                }
            }
        }

        private void tellMore(Optional<ActiveTask> active) {
            UploadSlots.Load load = uploads.load();
            if (engine.identity().seed()) {
                for (int piece : feed.sentSince(sentSeen)) {
                    sentSeen++;
                    child.sent(piece, sent.merge(piece, 1, Integer::sum));
                }
            }
            long now = System.nanoTime();
            if (!greeted) {
                // After what is here, so that the child does not ask for it.
                greeted = true;
                told = load;
                child.alive(load, active.filter(ActiveTask::fetchesAll).isPresent());
            } else if (now - aliveAt >= ALIVE_EVERY.toNanos() && isMoving(active)) {
                aliveAt = now;
                told = load;
                child.alive(load, active.filter(ActiveTask::fetchesAll).isPresent());
            } else if (!load.equals(told)) {
                told = load;
                child.busy(load);
            }
        }

        private boolean isMoving(Optional<ActiveTask> active) {
            return uploads.isMoving()
                    || active.filter(task -> task.movedWithin(Duration.ofSeconds(1))).isPresent();
        }
    }

    private Fetching fetch(StoredTask stored, Interest interest) {
        List<Integer> missing =
                interest.pieces().stream()
                        .filter(piece -> piece < stored.layout().count())
                        .filter(piece -> !stored.has(piece))
                        .boxed()
                        .toList();
        if (interest.fetch().isEmpty() || missing.isEmpty()) {
            return Fetching.NONE;
        }
        LOG.debug(
                "task {}: a child asks to fetch pieces {} {}",
                interest.taskId(),
                missing,
                interest.fetch());
        boolean now = interest.fetch().equals(SwarmProtocol.NOW);
        Optional<ActiveTask> active = engine.activeTask(interest.taskId());
        if (!engine.identity().seed() && active.filter(ActiveTask::readsFromSource).isEmpty()) {
            List<Integer> coming =
                    active.isEmpty()
                            ? List.of()
                            : missing.stream().filter(active.get().readers()::isComing).toList();
            if (coming.isEmpty()) {
                throw new NaiadException(
                        ErrorKind.FAILED_PRECONDITION, "this host fetches nothing for others");
            }
            // They come anyway; a child that waits makes them come first.
            return new Fetching(active.orElseThrow(), now ? coming : List.of(), List.of());
        }
        Download.Builder download =
                Download.newBuilder().setUrl(stored.meta().url()).setNeedBackToSource(true);
        if (!interest.authorization().isEmpty()) {
            download.putRequestHeader("Authorization", interest.authorization());
        }
        List<Wish> wishes = missing.stream().map(p -> new Wish(p, p + 1, false, true)).toList();
        ActiveTask task = engine.joinForChild(stored, wishes.getFirst(), download.build());
        wishes.subList(1, wishes.size()).forEach(task.readers()::add);
        return new Fetching(task, now ? missing : List.of(), wishes);
    }

    /** The demands that this host makes for a child. */
    private static final class Fetching implements AutoCloseable {
        static final Fetching NONE = new Fetching(null, List.of(), List.of());

        private final @Nullable ActiveTask task;
        private final List<Integer> pieces;
        private final List<Wish> wishes;

        Fetching(@Nullable ActiveTask task, List<Integer> pieces, List<Wish> wishes) {
            this.task = task;
            this.pieces = pieces;
            this.wishes = wishes;
            if (task != null) {
                pieces.forEach(task.readers()::demand);
                task.pump();
            }
        }

        boolean hasFailed(BitSet left) {
            ActiveTask active = task;
            return active != null && left.stream().allMatch(active.readers()::hasFailed);
        }

        @Override
        public void close() {
            ActiveTask active = task;
            if (active != null) {
                pieces.forEach(active.readers()::undemand);
                wishes.forEach(active.readers()::leave);
            }
        }
    }
}
