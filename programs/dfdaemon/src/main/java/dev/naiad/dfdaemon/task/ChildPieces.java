package dev.naiad.dfdaemon.task;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.metrics.DfdaemonMetrics;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dfdaemon.storage.TaskMeta;
import dev.naiad.dfdaemon.vortex.VortexServer;
import dev.naiad.dragonfly.api.common.Download;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
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

    public ChildPieces(TaskEngine engine, DfdaemonMetrics metrics) {
        this.engine = engine;
        this.metrics = metrics;
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
    public void began() {
        metrics.uploadBegins();
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

    /** Where the words for a child go. */
    public interface Child {
        void has(StoredTask stored, int piece);

        void alive();

        boolean isGone();
    }

    /**
     * Tells a child of each piece it is interested in as soon as it is here; returns when all were
     * told, when no more will come, or when the child is gone.
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
        try (var fetching = fetch(stored, interest)) {
            tellAll(stored, interest, child, fetching);
        } finally {
            stored.release();
        }
    }

    private void tellAll(StoredTask stored, Interest interest, Child child, Fetching fetching)
            throws InterruptedException {
        var left = new BitSet();
        left.or(interest.pieces());
        left.clear(stored.layout().count(), Math.max(stored.layout().count(), left.length()));
        long aliveAt = System.nanoTime();
        boolean greeted = false;
        while (true) {
            for (int p = left.nextSetBit(0); p >= 0; p = left.nextSetBit(p + 1)) {
                if (stored.has(p)) {
                    child.has(stored, p);
                    left.clear(p);
                }
            }
            if (left.isEmpty() || child.isGone()) {
                return;
            }
            if (interest.ours() && !greeted) {
                // After what is here, so that the child does not ask for it.
                greeted = true;
                child.alive();
            }
            Optional<ActiveTask> active = engine.activeTask(interest.taskId());
            boolean more =
                    active.isPresent() && left.stream().anyMatch(active.get().readers()::isComing);
            if (!more || fetching.hasFailed(left)) {
                return;
            }
            active.get().readers().awaitChange(ALIVE_EVERY.toMillis());
            long now = System.nanoTime();
            if (interest.ours()
                    && now - aliveAt >= ALIVE_EVERY.toNanos()
                    && active.get().movedWithin(Duration.ofSeconds(1))) {
                aliveAt = now;
                child.alive();
            }
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
