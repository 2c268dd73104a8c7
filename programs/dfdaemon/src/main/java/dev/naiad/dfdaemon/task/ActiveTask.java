package dev.naiad.dfdaemon.task;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.api.common.Download;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One task while somebody wants something of it: joins its readers, the board that decides, the
 * swarm and the transfers. There is at most one per task, so each piece is fetched once, however
 * many wait for it.
 *
 * <p>One lock, this object's; nothing blocks under it. Files and sockets are touched by transfer
 * threads only.
 */
final class ActiveTask {
    private static final Logger LOG = LoggerFactory.getLogger(ActiveTask.class);
    private static final Duration FORGET = Duration.ofSeconds(5);

    private final StoredTask stored;
    private final TaskParts parts;
    private final Predicate<String> banned;
    private final WholeCheck check;
    private final PieceBoard board;
    private final SwarmLink swarm;

    private final Wishes wishes;
    private final RunningTransfers transfers;
    private final Setbacks setbacks;
    private Download download;
    private boolean checking;
    private boolean withSwarm;
    private boolean closed;
    private long idleSince;
    private long forgotAt;
    private volatile long lastMoved;

    ActiveTask(
            StoredTask stored,
            Download download,
            TaskParts parts,
            Predicate<String> banned,
            WholeCheck check) {
        this.stored = stored.retain();
        this.download = download;
        this.parts = parts;
        this.banned = banned;
        this.check = check;
        this.board =
                new PieceBoard(
                        stored.layout().count(), stored::has, parts.limits(), parts.random());
        this.wishes = new Wishes(board);
        this.transfers = new RunningTransfers(this, parts);
        this.swarm = new SwarmLink(this, parts, board, stored.meta().taskId());
        this.setbacks = new Setbacks(stored, parts, board, swarm, this::spoil);
        this.idleSince = parts.ticker().nanos();
        this.forgotAt = idleSince;
        this.lastMoved = idleSince - FORGET.toNanos();
    }

    StoredTask stored() {
        return stored;
    }

    String peerId() {
        return swarm.peerId();
    }

    boolean isBanned(String hostId) {
        return banned.test(hostId);
    }

    synchronized String authorization() {
        return download.getRequestHeaderMap().entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase("authorization"))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("");
    }

    // ---- readers

    /**
     * Joins; {@link #pump} or a demand sets things going. False if the task is just being closed
     * and the caller has to begin a new one.
     */
    synchronized boolean join(Wish wish, Download fresh, boolean swarmWanted) {
        if (closed) {
            return false;
        }
        wishes.add(wish);
        withSwarm |= swarmWanted;
        // The newest reader's headers count: its token is the least old.
        if (fresh.getRequestHeaderCount() > 0 || download.getRequestHeaderCount() == 0) {
            download = fresh;
        }
        board.forbidSource(fresh.getDisableBackToSource());
        if (swarmWanted && !swarm.isTalking() && board.hasOpenWishes()) {
            swarm.register(fresh);
        } else if (fresh.getNeedBackToSource()) {
            board.swarm(PieceBoard.Swarm.BACK_TO_SOURCE, parts.ticker().nanos());
        }
        return true;
    }

    /** One more wish of somebody who joined. */
    synchronized void addWish(Wish wish) {
        wishes.add(wish);
    }

    synchronized void leave(Wish wish) {
        wishes.remove(wish);
        idleSince = parts.ticker().nanos();
    }

    synchronized void demand(int piece) {
        setbacks.forget(piece);
        board.demand(piece, parts.ticker().nanos());
        pump();
    }

    synchronized void undemand(int piece) {
        board.undemand(piece);
    }

    /** Waits for a piece that was demanded before. */
    PieceRecord await(int piece) throws InterruptedException {
        while (true) {
            Optional<PieceRecord> here = stored.piece(piece);
            if (here.isPresent()) {
                return here.get();
            }
            synchronized (this) {
                while (!stored.has(piece)) {
                    throwIfFailed(piece);
                    pump();
                    wait(1000);
                }
            }
        }
    }

    /** Waits for a piece that is wanted, not demanded. */
    synchronized void awaitWanted(int piece) throws InterruptedException {
        while (!stored.has(piece)) {
            throwIfFailed(piece);
            wait(1000);
        }
    }

    /** Waits a moment for anything to change; true if work goes on. */
    @SuppressWarnings("WaitNotInLoop") // callers look themselves whether it was for nothing
    synchronized boolean awaitChange(long millis) throws InterruptedException {
        if (!closed) {
            wait(millis);
        }
        return !closed && board.hasOpenWishes();
    }

    /** Waits until the whole content is here and found good. */
    synchronized void awaitSealed() throws InterruptedException {
        while (!stored.isSealed()) {
            setbacks.throwIfAny();
            throwIfClosed();
            wait(1000);
        }
    }

    private void throwIfFailed(int piece) {
        setbacks.throwIfConcern(piece);
        throwIfClosed();
    }

    private void throwIfClosed() {
        if (closed) {
            throw new NaiadException(
                    ErrorKind.ABORTED, "task " + stored.meta().taskId() + " was closed");
        }
    }

    // ---- what others see

    synchronized boolean isClosed() {
        return closed;
    }

    /** Whether a piece is asked for here already, so that a child may wait for it. */
    synchronized boolean isComing(int piece) {
        return !closed
                && (board.isDemanded(piece) || board.isInFlight(piece) || wishes.cover(piece));
    }

    /** Whether this host reads this task from the origin, and so may read for a child as well. */
    synchronized boolean readsFromSource() {
        return !closed && board.swarm() == PieceBoard.Swarm.BACK_TO_SOURCE;
    }

    /** Whether the piece could not be had when it was last asked for. */
    synchronized boolean hasFailed(int piece) {
        return closed || setbacks.concern(piece);
    }

    synchronized List<Integer> missing() {
        var missing = new ArrayList<Integer>();
        for (int piece = 0; piece < stored.layout().count(); piece++) {
            if (!stored.has(piece)) {
                missing.add(piece);
            }
        }
        return missing;
    }

    void moved() {
        lastMoved = parts.ticker().nanos();
    }

    boolean movedWithin(Duration time) {
        return parts.ticker().nanos() - lastMoved < time.toNanos();
    }

    // ---- the engine's clock

    /** True when the task has nothing more to do and was closed. */
    synchronized boolean tick(long now) {
        if (closed) {
            return true;
        }
        transfers.cutStalled(now);
        if (now - forgotAt > FORGET.toNanos()) {
            forgotAt = now;
            board.parents().forEach(Parent::forgetRefusals);
        }
        swarm.tick(now);
        if (setbacks.endHopelessWaits(now, lastMoved)) {
            notifyAll();
        }
        pump();
        boolean idle = wishes.isEmpty() && !board.isBusy() && !checking;
        if (idle && (stored.isComplete() || now - idleSince > parts.linger().toNanos())) {
            swarm.finish();
            close();
        }
        return closed;
    }

    synchronized void close() {
        if (!closed) {
            closed = true;
            transfers.cancelAll();
            swarm.finish();
            stored.release();
            notifyAll();
        }
    }

    /** Begins whatever can begin now. Called with the lock held. */
    synchronized void pump() {
        if (closed) {
            return;
        }
        if (stored.isComplete() && !stored.isSealed() && !checking) {
            checking = true;
            parts.threads().execute(this::checkWhole);
        }
        long now = parts.ticker().nanos();
        for (PieceBoard.Transfer transfer : board.next(now)) {
            boolean prefetch = !transfer.demanded() && wishes.areAllPrefetch();
            transfers.begin(transfer, download, prefetch);
        }
        board.asks().forEach(swarm::ask);
        List<Integer> hopeless = board.hopeless(now);
        if (!hopeless.isEmpty()) {
            swarm.reschedule(hopeless);
        }
    }

    synchronized void landed(PieceBoard.Transfer transfer, PieceRecord piece) {
        LOG.debug("finished piece {} of {} from {}", piece.number(), stored, transfer.parent());
        board.ended(transfer);
        transfers.ended(transfer);
        parts.events().pieceArrived(piece);
        swarm.report(piece);
        pump();
        notifyAll();
    }

    synchronized void failed(PieceBoard.Transfer transfer, NaiadException failure) {
        board.ended(transfer);
        transfers.ended(transfer);
        if (closed) {
            return;
        }
        setbacks.failed(transfer, failure);
        pump();
        notifyAll();
    }

    private void checkWhole() {
        NaiadException failure = check.run(stored);
        if (failure != null) {
            spoil(failure);
            return;
        }
        Download untold = null;
        synchronized (this) {
            checking = false;
            stored.seal();
            if (!swarm.finish() && withSwarm) {
                untold = download;
            }
            notifyAll();
        }
        if (untold != null) {
            // It came while no scheduler was there; one that is there now shall know of it.
            parts.schedulers()
                    .announceHeld(
                            stored.meta().taskId(),
                            untold.toBuilder()
                                    .setMetadataOnly(true)
                                    .setNeedBackToSource(false)
                                    .build());
        }
    }

    /**
     * What is held is not the content. It leaves the store before anybody hears of it, so that who
     * asks again begins anew.
     */
    private void spoil(NaiadException failure) {
        LOG.warn(LogLines.TASK_SPOILED, stored.meta().taskId(), failure.what());
        var parents = new ArrayList<Parent>();
        synchronized (this) {
            board.parents().forEach(parents::add);
        }
        check.spoiled(stored, parents);
        synchronized (this) {
            checking = false;
            setbacks.spoiledBy(failure);
            swarm.fail(failure.what());
            close();
            notifyAll();
        }
    }
}
