package dev.naiad.dfdaemon.task;

import java.time.Duration;

/**
 * How downloads behave.
 *
 * @param concurrentPieces at once per task, for readers that wait
 * @param sourceShortcut contents up to this length never ask a scheduler; 0: always ask
 * @param rangedReadFromSource whether short ranges go to the origin as in the original
 * @param sourceGrace how long a silent swarm keeps a waiting reader from the origin
 * @param readAhead how many pieces from its position a reader demands
 */
public record TaskSettings(
        int concurrentPieces,
        long sourceShortcut,
        boolean rangedReadFromSource,
        Duration sourceGrace,
        Duration linger,
        int maxScheduleCount,
        int readAhead) {
    /** The original's rule for short ranges. */
    static final long SHORT_RANGE = 4L << 20;

    PieceBoard.Limits limits() {
        return new PieceBoard.Limits(
                concurrentPieces,
                Math.min(2, concurrentPieces),
                Math.min(2, concurrentPieces),
                Math.min(4, concurrentPieces),
                sourceGrace);
    }
}
