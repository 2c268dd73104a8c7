package dev.naiad.dfdaemon.task;

import dev.naiad.base.time.Ticker;
import dev.naiad.dfdaemon.piece.PieceTransfers;
import dev.naiad.dfdaemon.scheduler.HostIdentity;
import dev.naiad.dfdaemon.scheduler.SchedulerDirectory;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What every active task of this host is made with: {@link ActiveTask} alone opens it and gives
 * each of its parts what that part uses.
 *
 * @param threads runs transfers: platform threads, for they block on files and sockets
 * @param linger how long a task without readers keeps its conversation open
 * @param maxScheduleCount answers of the scheduler after which a task gives up on it
 */
record TaskParts(
        HostIdentity identity,
        PieceTransfers transfers,
        SchedulerDirectory schedulers,
        ParentLinks links,
        Executor threads,
        Ticker ticker,
        RandomGenerator random,
        PieceBoard.Limits limits,
        Duration linger,
        int maxScheduleCount,
        TaskEvents events,
        TaskFeeds feeds) {}
