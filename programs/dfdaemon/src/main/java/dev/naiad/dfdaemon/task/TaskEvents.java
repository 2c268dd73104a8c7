package dev.naiad.dfdaemon.task;

import dev.naiad.dfdaemon.storage.PieceRecord;

/** What happens in tasks, for metrics and for the room on the disk. */
public interface TaskEvents {
    /** A piece came; heard once per piece, however many wait for it. */
    void pieceArrived(PieceRecord piece);

    /** Bytes of a request were answered from what was here before. */
    void servedLocally(long bytes);

    /** A write met a full disk. */
    void diskFull(long bytesWanted);
}
