package dev.naiad.dfdaemon.task;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.piece.PieceTransfers;
import dev.naiad.dfdaemon.piece.TransferHandle;
import dev.naiad.dfdaemon.piece.VortexClient;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.api.common.Download;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transfers of one active task that run now. Called under the task's lock; the transfers
 * themselves run on threads of their own and tell the task how they ended.
 */
final class RunningTransfers {
    private static final Logger LOG = LoggerFactory.getLogger(RunningTransfers.class);
    private static final Duration HARD_STALL = Duration.ofMinutes(1);

    /** Hears how transfers go. Called without the task's lock. */
    interface Ends {
        /** Bytes of it come. */
        void moves(Transfer transfer);

        /** Most of its bytes are here. */
        void nearsItsEnd(Transfer transfer);

        void landed(Transfer transfer, PieceRecord piece);

        void failed(Transfer transfer, NaiadException failure);
    }

    private final TaskContext task;
    private final Ends ends;
    private final PieceTransfers transfers;
    private final Executor threads;
    private final Duration grace;
    private final Map<Transfer, TransferHandle> running = new HashMap<>();
    private final AtomicLong bytes = new AtomicLong();

    /**
     * @param threads platform threads, for transfers block on files and sockets
     * @param grace how long a parent may be silent
     */
    RunningTransfers(
            TaskContext task,
            Ends ends,
            PieceTransfers transfers,
            Executor threads,
            Duration grace) {
        this.task = task;
        this.ends = ends;
        this.transfers = transfers;
        this.threads = threads;
        this.grace = grace;
    }

    void begin(Transfer transfer, Download download, boolean prefetch) {
        Parent parent = transfer.parent();
        long most = task.stored().layout().length(transfer.piece()) * 3 / 4;
        var handle =
                new TransferHandle(
                        task::now,
                        (count, before) -> {
                            task.moved();
                            bytes.addAndGet(count);
                            if (parent != null) {
                                parent.progress(task.now());
                            }
                            if (before == 0) {
                                ends.moves(transfer);
                            }
                            if (before < most && before + count >= most) {
                                ends.nearsItsEnd(transfer);
                            }
                        });
        running.put(transfer, handle);
        threads.execute(() -> run(transfer, handle, download, prefetch));
    }

    /** Bytes that came by all of them, ever. */
    long bytes() {
        return bytes.get();
    }

    void ended(Transfer transfer) {
        running.remove(transfer);
    }

    void cancelAll() {
        running.values().forEach(TransferHandle::cancel);
    }

    /** Cuts transfers from parents that have been silent for too long. */
    void cutStalled(long now) {
        running.forEach(
                (transfer, handle) -> {
                    Parent parent = transfer.parent();
                    if (parent == null) {
                        return; // the origin's client has a limit of its own
                    }
                    long own = now - handle.lastMoved();
                    long any = Math.min(own, now - parent.lastProgress());
                    long patience = grace.toNanos() * (transfer.demanded() ? 1 : 2);
                    if (any > patience || own > Math.max(patience, HARD_STALL.toNanos())) {
                        handle.cancel();
                    }
                });
    }

    private void run(
            Transfer transfer, TransferHandle handle, Download download, boolean prefetch) {
        try {
            ends.landed(transfer, fetch(transfer, handle, download, prefetch));
        } catch (NaiadException e) {
            ends.failed(transfer, e);
        } catch (RuntimeException | Error e) {
            LOG.warn("{}: piece {}", task.stored(), transfer.piece(), e);
            ends.failed(transfer, new NaiadException(ErrorKind.INTERNAL, String.valueOf(e), e));
        }
    }

    private PieceRecord fetch(
            Transfer transfer, TransferHandle handle, Download download, boolean prefetch) {
        StoredTask stored = task.stored();
        Parent parent = transfer.parent();
        if (parent == null) {
            String url = download.getUrl().isEmpty() ? stored.meta().url() : download.getUrl();
            return transfers.fromOrigin(
                    stored,
                    transfer.piece(),
                    url,
                    download.getRequestHeaderMap(),
                    prefetch,
                    handle);
        }
        var address = parent.pieceAddress();
        if (address == null) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, parent + " has no address");
        }
        return transfers.fromParent(
                stored,
                transfer.piece(),
                new VortexClient.Source(address, parent.peerId(), parent.neighbour().reportsLoad()),
                parent.digest(transfer.piece()),
                prefetch,
                handle);
    }
}
