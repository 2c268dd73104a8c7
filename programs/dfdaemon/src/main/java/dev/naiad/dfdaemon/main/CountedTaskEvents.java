package dev.naiad.dfdaemon.main;

import dev.naiad.dfdaemon.metrics.DfdaemonMetrics;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.task.TaskEvents;
import dev.naiad.dragonfly.api.common.TrafficType;

/** Counts what tasks do, and has room made when the disk is full. */
final class CountedTaskEvents implements TaskEvents {
    private final DfdaemonMetrics metrics;
    private final Upkeep upkeep;

    CountedTaskEvents(DfdaemonMetrics metrics, Upkeep upkeep) {
        this.metrics = metrics;
        this.upkeep = upkeep;
    }

    @Override
    public void pieceArrived(PieceRecord piece) {
        metrics.traffic(piece.traffic(), piece.length());
    }

    @Override
    public void servedLocally(long bytes) {
        metrics.traffic(TrafficType.LOCAL_PEER, bytes);
    }

    @Override
    public void diskFull(long bytesWanted) {
        upkeep.makeRoom(bytesWanted);
    }
}
