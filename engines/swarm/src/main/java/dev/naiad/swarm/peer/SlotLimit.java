package dev.naiad.swarm.peer;

/**
 * How many transfers run at once in one direction. Few and equal ones spread a content fastest: a
 * link shared by many transfers delays each piece, and with it all that others could do with it.
 * More are of use only where few do not fill the link, and that is found out by trying: one more
 * for a while, kept if clearly more bytes moved.
 *
 * <p>Pure: time and bytes are told. Not thread-safe.
 */
public final class SlotLimit {
    private static final long WINDOW = 1_000_000_000L;
    private static final long PAUSE = 30 * WINDOW;
    private static final long LONGEST_PAUSE = 300 * WINDOW;

    /** Two windows whose bytes differ by less than this part are alike. */
    private static final double ALIKE = 0.05;

    /** One more transfer is kept if it brings so many times the bytes. */
    private static final double WORTH = 1.1;

    private enum Phase {
        STEADY,
        /** The window in which the added transfer comes up to speed. */
        SETTLING,
        PROBING
    }

    private final int least;
    private final int most;
    private int limit;
    private Phase phase = Phase.STEADY;
    private long windowBegan = Long.MIN_VALUE;
    private long bytesAtBegin;
    private boolean fullSinceBegin;
    private long last = -1;
    private long pause = PAUSE;
    private long nextProbe;

    /** Begins with {@code least}, and never goes above {@code most}. */
    public SlotLimit(int least, int most) {
        this.least = least;
        this.most = most;
        this.limit = least;
    }

    /** Transfers that may run now. */
    public int limit() {
        return limit;
    }

    /**
     * Time passes; to be called several times a second.
     *
     * @param bytes moved by all transfers of this direction since ever
     * @param full whether all slots are in use
     */
    public void tick(long nowNanos, long bytes, boolean full) {
        if (windowBegan == Long.MIN_VALUE) {
            begin(nowNanos, bytes);
            nextProbe = nowNanos;
        }
        fullSinceBegin &= full;
        if (nowNanos - windowBegan < WINDOW) {
            return;
        }
        // A late tick makes a long window: what counts is the rate.
        long moved = (bytes - bytesAtBegin) * WINDOW / (nowNanos - windowBegan);
        boolean wasFull = fullSinceBegin;
        begin(nowNanos, bytes);
        if (!wasFull) {
            abandon(nowNanos);
            return;
        }
        switch (phase) {
            case STEADY -> {
                boolean alike = last > 0 && Math.abs(moved - last) <= ALIKE * last;
                if (alike && limit < most && nowNanos - nextProbe >= 0) {
                    limit++;
                    phase = Phase.SETTLING;
                }
                last = moved;
            }
            case SETTLING -> phase = Phase.PROBING;
            case PROBING -> {
                phase = Phase.STEADY;
                if (moved >= WORTH * last) {
                    pause = PAUSE;
                    nextProbe = nowNanos;
                } else {
                    limit--;
                    rest(nowNanos);
                }
                last = moved;
            }
        }
    }

    private void begin(long nowNanos, long bytes) {
        windowBegan = nowNanos;
        bytesAtBegin = bytes;
        fullSinceBegin = true;
    }

    private void abandon(long nowNanos) {
        if (phase != Phase.STEADY) {
            phase = Phase.STEADY;
            rest(nowNanos);
        }
        limit = Math.max(least, limit - 1);
        last = -1;
    }

    private void rest(long nowNanos) {
        nextProbe = nowNanos + pause;
        pause = Math.min(LONGEST_PAUSE, 2 * pause);
    }
}
