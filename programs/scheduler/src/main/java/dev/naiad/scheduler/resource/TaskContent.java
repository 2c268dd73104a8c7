package dev.naiad.scheduler.resource;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Piece;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is known of a task's content: nothing at first, then what peers say when they register.
 * Belongs to its {@link Swarm} and is guarded like it; only the swarm changes it.
 */
public final class TaskContent {
    /** Piece numbers beyond this are refused while the piece count is unknown. */
    static final int MAX_PIECES = 1 << 20;

    /** Pieces that are remembered to answer StatTask; a task of 1 TiB has 16384 of 64 MiB. */
    private static final int MAX_REMEMBERED = 1 << 16;

    private static final int MAX_PIECE_BYTES = 1 << 10;
    private static final long UNKNOWN = -1;

    private final Map<Integer, Piece> pieces = new TreeMap<>();
    private long length = UNKNOWN;
    private long pieceLength = UNKNOWN;
    private long pieceCount = UNKNOWN;

    TaskContent() {}

    /** Size in bytes, -1 when unknown. */
    public long length() {
        return length;
    }

    /** Size of a piece in bytes, -1 when unknown. */
    public long pieceLength() {
        return pieceLength;
    }

    /** Number of pieces, -1 when unknown. */
    public long pieceCount() {
        return pieceCount;
    }

    /** What came from the origin so far, by number. */
    public Collection<Piece> pieces() {
        return Collections.unmodifiableCollection(pieces.values());
    }

    void learn(Download wanted) {
        // compat: clients older than the actual_* fields leave them out; absence is "unknown", not
        // "empty".
        if (wanted.hasActualContentLength()) {
            length = wanted.getActualContentLength();
        }
        if (wanted.hasActualPieceLength()) {
            pieceLength = wanted.getActualPieceLength();
        }
        if (wanted.hasActualPieceCount()) {
            pieceCount = wanted.getActualPieceCount();
        }
    }

    /** The origin did not give it: its size may be another next time. */
    void forgetSize() {
        length = UNKNOWN;
        pieceCount = UNKNOWN;
    }

    /** A number outside the task is INVALID_ARGUMENT. */
    void checkNumber(int number, String taskId) {
        long limit = pieceCount > 0 ? pieceCount : MAX_PIECES;
        if (number < 0 || number >= limit) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "piece "
                            + Integer.toUnsignedString(number)
                            + " is outside the "
                            + limit
                            + " pieces of task "
                            + taskId);
        }
    }

    /** Notes a piece that came from the origin. */
    void add(Piece piece) {
        var kept = piece.toBuilder().clearContent().build();
        if (pieces.size() < MAX_REMEMBERED && kept.getSerializedSize() <= MAX_PIECE_BYTES) {
            pieces.putIfAbsent(piece.getNumber(), kept);
        }
    }
}
