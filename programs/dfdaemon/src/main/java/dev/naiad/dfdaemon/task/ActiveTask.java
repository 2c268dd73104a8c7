package dev.naiad.dfdaemon.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.api.common.Download;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One task while it has readers: joins its readers, the board that decides, the swarm and the
 * transfers. There is at most one per task, so each piece is fetched once, however many wait for
 * it.
 *
 * <p>One lock, this object's; nothing blocks under it. Files and sockets are touched by transfer
 * threads only. Its parts know it as {@link TaskContext} and do not know each other, but that
 * {@link Setbacks} tells {@link SwarmLink} of failures.
 */
final class ActiveTask implements TaskContext, RunningTransfers.Ends {
    private static final Logger LOG = LoggerFactory.getLogger(ActiveTask.class);
    private static final Duration FORGET = Duration.ofSeconds(5);

    private final StoredTask stored;
    private final TaskEvents events;
    private final TaskFeeds feeds;
    private final Executor threads;
    private final Ticker ticker;
    private final Duration linger;
    private final Predicate<String> banned;
    private final WholeCheck check;
    private final PieceBoard board;
    private final ParentStreams parents;
    private final SwarmLink swarm;

    private final Readers readers;
    private final RunningTransfers transfers;
    private final Setbacks setbacks;

    @GuardedBy("this") private Download download;

    @GuardedBy("this") private boolean checking;

    @GuardedBy("this") private boolean withSwarm;

    @GuardedBy("this") private boolean closed;

    @GuardedBy("this") private long idleSince;

    @GuardedBy("this") private long forgotAt;

    private volatile long lastMoved;

    /** Holds {@code stored} until it is closed; ABORTED if it was removed. */
    ActiveTask(
            StoredTask stored,
            Download download,
            TaskParts parts,
            Predicate<String> banned,
            WholeCheck check) {
        if (!stored.tryRetain()) {
            throw new NaiadException(
                    ErrorKind.ABORTED,
                    "task " + stored.meta().taskId() + " was removed from the store");
        }
        this.stored = stored;
        this.download = download;
        this.events = parts.events();
        this.feeds = parts.feeds();
        this.threads = parts.threads();
        this.ticker = parts.ticker();
        this.linger = parts.linger();
        this.banned = banned;
        this.check = check;
        this.board =
                new PieceBoard(
                        stored.layout().count(), stored::has, parts.limits(), parts.random());
        this.transfers =
                new RunningTransfers(
                        this, this, parts.transfers(), threads, parts.limits().grace());
        this.parents = new ParentStreams(this, parts.links(), board);
        this.swarm =
                new SwarmLink(
                        this,
                        board,
                        parents,
                        parts.identity(),
                        parts.schedulers(),
                        parts.maxScheduleCount());
        this.setbacks = new Setbacks(this, board, swarm, events, threads, this::spoil);
        this.readers = new Readers(this, board, setbacks);
        this.idleSince = ticker.nanos();
        this.forgotAt = idleSince;
        this.lastMoved = idleSince - FORGET.toNanos();
    }

    @Override
    public StoredTask stored() {
        return stored;
    }

    Readers readers() {
        return readers;
    }

    String peerId() {
        return swarm.peerId();
    }

    @Override
    public boolean isBanned(String hostId) {
        return banned.test(hostId);
    }

    @Override
    public synchronized String authorization() {
        return TaskRequest.header(download, "authorization").orElse("");
    }

    /**
     * Joins a reader; {@link #pump} or a demand sets things going. False if the task is closed, or
     * of a content that was removed; the caller then begins a new one.
     */
    synchronized boolean join(Wish wish, Download fresh, boolean swarmWanted) {
        if (closed || stored.isDropped()) {
            return false;
        }
        readers.add(wish);
        withSwarm |= swarmWanted;
        // The newest reader's headers count: its token is the least old.
        if (fresh.getRequestHeaderCount() > 0 || download.getRequestHeaderCount() == 0) {
            download = fresh;
        }
        if (swarmWanted && !swarm.isTalking() && board.hasOpenWishes()) {
            swarm.register(fresh);
        } else if (fresh.getNeedBackToSource()) {
            board.swarm(SwarmState.BACK_TO_SOURCE, ticker.nanos());
        }
        return true;
    }

    /** Whether all of the content is fetched here. */
    boolean fetchesAll() {
        return readers.wishAll();
    }

    /** Whether this host reads this task from the origin, and so may read for a child as well. */
    synchronized boolean readsFromSource() {
        return !closed && board.swarm() == SwarmState.BACK_TO_SOURCE;
    }

    @Override
    public synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public List<Integer> missing() {
        return stored.missing();
    }

    @Override
    public long now() {
        return ticker.nanos();
    }

    @Override
    public void moved() {
        lastMoved = ticker.nanos();
    }

    boolean movedWithin(Duration time) {
        return ticker.nanos() - lastMoved < time.toNanos();
    }

    // ---- the engine's clock

    /** True when the task has nothing more to do, or its content was removed, and was closed. */
    synchronized boolean tick(long now) {
        if (stored.isDropped()) {
            close();
        }
        if (closed) {
            return true;
        }
        transfers.cutStalled(now);
        if (now - forgotAt > FORGET.toNanos()) {
            forgotAt = now;
            board.parents().forEach(Parent::forgetRefusals);
        }
        swarm.tick(now);
        board.tick(now, transfers.bytes());
        if (setbacks.endHopelessWaits(now, lastMoved)) {
            wake();
        }
        pump();
        boolean wanted = !readers.isEmpty();
        if (wanted) {
            idleSince = now;
        }
        boolean idle = !wanted && !board.isBusy() && !checking;
        if (idle && (stored.isComplete() || now - idleSince > linger.toNanos())) {
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
            wake();
        }
    }

    @GuardedBy("this") private void wake() {
        notifyAll();
        feeds.changed(stored.meta().taskId());
    }

    @Override
    public synchronized void pump() {
        if (closed) {
            return;
        }
        if (stored.isComplete() && !stored.isSealed() && !checking) {
            checking = true;
            threads.execute(this::checkWhole);
        }
        long now = ticker.nanos();
        for (Transfer transfer : board.next(now)) {
            boolean prefetch = !transfer.demanded() && readers.areAllPrefetch();
            transfers.begin(transfer, download, prefetch);
        }
        board.asks().forEach(parents::ask);
        List<Integer> hopeless = board.hopeless(now);
        if (!hopeless.isEmpty()) {
            swarm.reschedule(hopeless);
        }
    }

    @Override
    public synchronized void moves(Transfer transfer) {
        board.moves(transfer);
    }

    @Override
    public synchronized void nearsItsEnd(Transfer transfer) {
        board.nearsItsEnd(transfer);
        pump();
    }

    @Override
    public synchronized void landed(Transfer transfer, PieceRecord piece) {
        LOG.debug("finished piece {} of {} from {}", piece.number(), stored, transfer.parent());
        board.ended(transfer);
        transfers.ended(transfer);
        setbacks.forget(piece.number());
        events.pieceArrived(piece);
        swarm.report(piece);
        pump();
        wake();
    }

    @Override
    public synchronized void failed(Transfer transfer, NaiadException failure) {
        board.ended(transfer);
        transfers.ended(transfer);
        if (closed) {
            return;
        }
        setbacks.failed(transfer, failure);
        pump();
        wake();
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
            wake();
        }
        if (untold != null) {
            swarm.announceHeld(untold);
        }
    }

    /**
     * What is held is not the content. It leaves the store before the readers hear of it, so that
     * one who asks again begins anew.
     */
    private void spoil(NaiadException failure) {
        LOG.warn(DownloadLogLines.TASK_SPOILED, stored.meta().taskId(), failure.what());
        var suspects = new ArrayList<Parent>();
        synchronized (this) {
            board.parents().forEach(suspects::add);
        }
        check.spoiled(stored, suspects);
        synchronized (this) {
            checking = false;
            setbacks.spoiledBy(failure);
            swarm.fail(failure.what());
            close();
            wake();
        }
    }
}
