package dev.naiad.dfdaemon.task;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.StoredTask;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What went wrong with pieces of one active task, and what follows: another parent, another try, or
 * an error for those who wait. Under the task's lock.
 */
final class Setbacks {
    private static final Logger LOG = LoggerFactory.getLogger(Setbacks.class);
    private static final Duration GIVE_UP = Duration.ofSeconds(30);

    private final TaskContext task;
    private final StoredTask stored;
    private final TaskEvents events;
    private final Executor threads;
    private final PieceBoard board;
    private final SwarmLink swarm;
    private final Consumer<NaiadException> spoil;

    /** Why pieces could not be had when they were last asked for. */
    private final Map<Integer, NaiadException> failures = new HashMap<>();

    private @Nullable NaiadException spoiled;

    /**
     * @param spoil runs on one of the threads without the lock: what is held is not the content
     */
    Setbacks(
            TaskContext task,
            PieceBoard board,
            SwarmLink swarm,
            TaskEvents events,
            Executor threads,
            Consumer<NaiadException> spoil) {
        this.task = task;
        this.stored = task.stored();
        this.board = board;
        this.swarm = swarm;
        this.events = events;
        this.threads = threads;
        this.spoil = spoil;
    }

    /** A transfer ended without its piece. */
    void failed(Transfer transfer, NaiadException failure) {
        int piece = transfer.piece();
        Parent parent = transfer.parent();
        LOG.debug("{}: piece {} failed", stored, piece, failure);
        if (failure.kind() == ErrorKind.NO_SPACE) {
            events.diskFull(stored.layout().length(piece));
            settle(piece, failure);
        } else if (parent != null) {
            parent.failed(piece);
            if (failure.kind() == ErrorKind.DATA_LOSS) {
                LOG.warn(
                        DownloadLogLines.PARENT_DROPPED,
                        stored.meta().taskId(),
                        parent,
                        failure.what());
                parent.drop();
            } else if (failure.kind() != ErrorKind.NOT_FOUND) {
                parent.drop();
            }
            swarm.reportFailed(piece, parent);
        } else {
            originFailed(piece, failure);
        }
    }

    private void originFailed(int piece, NaiadException failure) {
        long now = task.now();
        boolean hope =
                board.swarm() != SwarmState.BACK_TO_SOURCE
                        && (board.mayCome(piece) || board.swarm() == SwarmState.ASKING)
                        && board.demandedSince(piece)
                                .map(since -> now - since < GIVE_UP.toNanos())
                                .orElse(true);
        swarm.originFailed(failure);
        if (failure.kind() == ErrorKind.DATA_LOSS) {
            // The origin has something else than we hold: what we hold is of no use any more.
            threads.execute(() -> spoil.accept(failure));
        } else if (hope) {
            board.retryLater(piece, now);
        } else {
            settle(piece, failure);
        }
    }

    /**
     * No reader waits forever, even for a silent swarm where the origin is forbidden.
     *
     * @return whether any wait ended
     */
    boolean endHopelessWaits(long now, long lastMoved) {
        var silent = board.silentSince(GIVE_UP.toNanos(), now, lastMoved);
        for (int piece : silent) {
            settle(
                    piece,
                    new NaiadException(
                            ErrorKind.DEADLINE_EXCEEDED,
                            "task "
                                    + stored.meta().taskId()
                                    + " piece "
                                    + piece
                                    + ": no peer brought it in time"));
        }
        var outOfReach = board.outOfReach(now);
        for (int piece : outOfReach) {
            settle(
                    piece,
                    new NaiadException(
                            ErrorKind.FAILED_PRECONDITION,
                            "task "
                                    + stored.meta().taskId()
                                    + " piece "
                                    + piece
                                    + ": no peer has it, and the origin is not to be asked"));
        }
        return !silent.isEmpty() || !outOfReach.isEmpty();
    }

    /** Fails the readers that wait for the piece now; later readers try again. */
    private void settle(int piece, NaiadException failure) {
        failures.put(piece, failure);
        board.undemandAll(piece);
        board.unwant(piece);
    }

    /** The piece is asked for anew, or is here. */
    void forget(int piece) {
        failures.remove(piece);
    }

    /** The pieces are asked for anew. */
    void forget(int from, int toExclusive) {
        failures.keySet().removeIf(piece -> from <= piece && piece < toExclusive);
    }

    /** Nothing of this task is of use. */
    void spoiledBy(NaiadException failure) {
        spoiled = failure;
    }

    /** Whether the piece could not be had when it was last asked for. */
    boolean concern(int piece) {
        return spoiled != null || failures.containsKey(piece);
    }

    /** Throws what keeps the piece from coming. */
    void throwIfConcern(int piece) {
        throwIfAny(failures.get(piece));
    }

    /** Throws what keeps the whole from coming: any piece's failure. */
    void throwIfAny() {
        throwIfAny(failures.values().stream().findFirst().orElse(null));
    }

    private void throwIfAny(@Nullable NaiadException failure) {
        NaiadException all = spoiled;
        if (all != null) {
            throw all;
        }
        if (failure != null) {
            throw failure;
        }
    }
}
