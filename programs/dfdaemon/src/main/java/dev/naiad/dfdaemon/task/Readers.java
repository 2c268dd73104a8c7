package dev.naiad.dfdaemon.task;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.StoredTask;
import java.util.BitSet;
import java.util.Optional;

/**
 * The readers of one active task: what they are after, and how they wait for it. Takes the task's
 * lock itself.
 */
final class Readers {
    private static final long LOOK_AGAIN_MILLIS = 1000;

    private final TaskContext task;
    private final StoredTask stored;
    private final PieceBoard board;
    private final Setbacks setbacks;
    private final Wishes wishes;

    Readers(TaskContext task, PieceBoard board, Setbacks setbacks) {
        this.task = task;
        this.stored = task.stored();
        this.board = board;
        this.setbacks = setbacks;
        this.wishes = new Wishes(board);
    }

    /** One more wish; what failed before is tried anew for it. */
    void add(Wish wish) {
        synchronized (task) {
            setbacks.forget(wish.from(), wish.to());
            wishes.add(wish);
        }
    }

    void leave(Wish wish) {
        synchronized (task) {
            wishes.remove(wish);
        }
    }

    boolean isEmpty() {
        synchronized (task) {
            return wishes.isEmpty();
        }
    }

    /** Whether no reader waits: all was asked for ahead of need. */
    boolean areAllPrefetch() {
        synchronized (task) {
            return wishes.areAllPrefetch();
        }
    }

    /** Whether some reader is after the whole content. */
    boolean wishAll() {
        synchronized (task) {
            return wishes.coverAll(stored.layout().count());
        }
    }

    void demand(int piece) {
        synchronized (task) {
            setbacks.forget(piece);
            board.demand(piece, task.now());
            task.pump();
        }
    }

    void undemand(int piece) {
        synchronized (task) {
            board.undemand(piece);
        }
    }

    /** Waits for a piece that was demanded before. */
    PieceRecord await(int piece) throws InterruptedException {
        while (true) {
            Optional<PieceRecord> here = stored.piece(piece);
            if (here.isPresent()) {
                return here.get();
            }
            synchronized (task) {
                while (!stored.has(piece)) {
                    throwIfFailed(piece);
                    task.pump();
                    task.wait(LOOK_AGAIN_MILLIS);
                }
            }
        }
    }

    /** Waits for a piece that is wanted, not demanded. */
    void awaitWanted(int piece) throws InterruptedException {
        synchronized (task) {
            while (!stored.has(piece)) {
                throwIfFailed(piece);
                task.wait(LOOK_AGAIN_MILLIS);
            }
        }
    }

    /** Waits for any of some pieces that are wanted, not demanded, and gives its number. */
    int awaitAny(BitSet pieces) throws InterruptedException {
        synchronized (task) {
            while (true) {
                for (int piece = pieces.nextSetBit(0);
                        piece >= 0;
                        piece = pieces.nextSetBit(piece + 1)) {
                    if (stored.has(piece)) {
                        return piece;
                    }
                    throwIfFailed(piece);
                }
                task.wait(LOOK_AGAIN_MILLIS);
            }
        }
    }

    /** Waits a moment for anything to change; true if work goes on. */
    @SuppressWarnings("WaitNotInLoop") // callers look themselves whether it was for nothing
    boolean awaitChange(long millis) throws InterruptedException {
        synchronized (task) {
            if (!task.isClosed()) {
                task.wait(millis);
            }
            return !task.isClosed() && board.hasOpenWishes();
        }
    }

    /** Waits until the whole content is here and found good. */
    void awaitSealed() throws InterruptedException {
        synchronized (task) {
            while (!stored.isSealed()) {
                setbacks.throwIfAny();
                throwIfClosed();
                task.wait(LOOK_AGAIN_MILLIS);
            }
        }
    }

    private void throwIfFailed(int piece) {
        setbacks.throwIfConcern(piece);
        throwIfClosed();
    }

    private void throwIfClosed() {
        if (task.isClosed()) {
            throw new NaiadException(
                    ErrorKind.ABORTED, "task " + stored.meta().taskId() + " was closed");
        }
    }

    /** Whether a piece is asked for here already, so that a child may wait for it. */
    boolean isComing(int piece) {
        synchronized (task) {
            return !task.isClosed()
                    && (board.isDemanded(piece) || board.isInFlight(piece) || wishes.cover(piece));
        }
    }

    /** Whether the piece could not be had when it was last asked for. */
    boolean hasFailed(int piece) {
        synchronized (task) {
            return task.isClosed() || setbacks.concern(piece);
        }
    }
}
