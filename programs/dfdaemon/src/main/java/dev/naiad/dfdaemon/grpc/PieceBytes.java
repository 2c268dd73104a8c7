package dev.naiad.dfdaemon.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.PieceRecord;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the bytes of pieces inside gRPC answers. gRPC keeps a message in memory until the caller
 * has read all of it, so the callers of one service share a budget: who finds it used up waits, but
 * not for long.
 */
public final class PieceBytes {
    private static final int UNIT = 1 << 10;
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(60);

    /** What a caller must read at least, above which the limit does not end a call. */
    private static final long SLOWEST_PER_SECOND = 256 << 10;

    private final long limit;
    private final Duration patience;
    private final Semaphore free;

    /**
     * @param limit bytes in memory at a time, and so the longest piece that can be answered
     * @param patience how long a call waits for the bytes of others to leave
     */
    public PieceBytes(long limit, Duration patience) {
        this.limit = limit;
        this.patience = patience;
        this.free = new Semaphore(units(limit), true);
    }

    private static int units(long bytes) {
        return Math.toIntExact(Math.ceilDiv(bytes, UNIT));
    }

    /** The share of one call; to be made before the service method returns. */
    Share share(ServerCallStreamObserver<?> call) {
        return new Share(call);
    }

    /** What one call holds of the budget; given back when the call ends, if not before. */
    final class Share {
        private final ServerCallStreamObserver<?> call;
        private final AtomicInteger held = new AtomicInteger();

        private Share(ServerCallStreamObserver<?> call) {
            this.call = call;
            call.setOnCloseHandler(this::giveBack);
            call.setOnCancelHandler(this::giveBack);
        }

        /**
         * Takes room for a piece before its bytes go into a message.
         *
         * @throws NaiadException RESOURCE_EXHAUSTED if the piece is longer than the budget, or the
         *     bytes of others stay too long
         */
        void take(PieceRecord piece) throws InterruptedException {
            if (piece.length() > limit) {
                throw new NaiadException(
                        ErrorKind.RESOURCE_EXHAUSTED,
                        "piece "
                                + piece.number()
                                + " has "
                                + piece.length()
                                + " bytes, a gRPC answer at most "
                                + limit);
            }
            int units = units(piece.length());
            if (!free.tryAcquire(units, patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new NaiadException(
                        ErrorKind.RESOURCE_EXHAUSTED,
                        "the "
                                + limit
                                + " bytes for pieces in gRPC answers are in use, please retry later");
            }
            held.addAndGet(units);
        }

        /**
         * Waits until the caller has read what was sent, and gives its room back.
         *
         * @throws CancellationException if the caller went away
         * @throws NaiadException DEADLINE_EXCEEDED if it does not read; the room stays taken until
         *     the call ends
         */
        void drain() throws InterruptedException {
            Duration most = DRAIN_LIMIT.plusSeconds((long) held.get() * UNIT / SLOWEST_PER_SECOND);
            long end = System.nanoTime() + most.toNanos();
            while (!call.isReady()) {
                if (call.isCancelled()) {
                    throw new CancellationException("the caller went away");
                }
                if (System.nanoTime() - end > 0) {
                    throw new NaiadException(
                            ErrorKind.DEADLINE_EXCEEDED,
                            "the caller did not read a piece in " + most.toSeconds() + " s");
                }
                Thread.sleep(2);
            }
            giveBack();
        }

        private void giveBack() {
            int units = held.getAndSet(0);
            if (units > 0) {
                free.release(units);
            }
        }
    }
}
