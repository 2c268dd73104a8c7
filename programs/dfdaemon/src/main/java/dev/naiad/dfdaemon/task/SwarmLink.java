package dev.naiad.dfdaemon.task;

import dev.naiad.dfdaemon.scheduler.HostIdentity;
import dev.naiad.dfdaemon.scheduler.SchedulerDirectory;
import dev.naiad.dfdaemon.scheduler.SchedulerTalk;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Peer;
import io.grpc.Channel;
import io.grpc.Status;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One active task towards its scheduler: turns what it says into events of the board. Everything
 * happens under the lock of the active task; words come on gRPC's threads.
 */
final class SwarmLink implements SchedulerTalk.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(SwarmLink.class);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
    private static final Duration RETRY_AFTER = Duration.ofMillis(300);
    private static final Duration RETRY_FOR = Duration.ofSeconds(10);

    private final TaskContext task;
    private final HostIdentity identity;
    private final SchedulerDirectory schedulers;
    private final int maxScheduleCount;
    private final PieceBoard board;
    private final String taskId;
    private final ParentStreams parents;
    private volatile String peerId;
    private @Nullable SchedulerTalk talk;
    private @Nullable Download registered;
    private List<Peer> candidates = List.of();
    private int answers;
    private long asked;
    private long retryAt;
    private long firstAsked;
    private boolean sentToSource;

    /**
     * @param maxScheduleCount answers of the scheduler after which a task gives up on it
     */
    SwarmLink(
            TaskContext task,
            PieceBoard board,
            ParentStreams parents,
            HostIdentity identity,
            SchedulerDirectory schedulers,
            int maxScheduleCount) {
        this.task = task;
        this.board = board;
        this.parents = parents;
        this.identity = identity;
        this.schedulers = schedulers;
        this.maxScheduleCount = maxScheduleCount;
        this.taskId = task.stored().meta().taskId();
        this.peerId = identity.newPeerId();
    }

    /** Of the conversation, or of the next one. */
    String peerId() {
        return peerId;
    }

    boolean isTalking() {
        SchedulerTalk current = talk;
        return current != null && !current.isOver() && !current.isLastWordSaid();
    }

    /** Opens a conversation; without a scheduler the task is alone. */
    void register(Download download) {
        Optional<Channel> channel = schedulers.channelOf(taskId);
        long now = task.now();
        if (channel.isEmpty()) {
            if (!download.getNeedBackToSource()) {
                board.swarm(SwarmState.ALONE, now);
            }
            return;
        }
        if (talk != null) {
            // A scheduler knows a peer id for one conversation only.
            peerId = identity.newPeerId();
        }
        var next = new SchedulerTalk(identity.hostId(), taskId, peerId, this);
        talk = next;
        registered = download;
        answers = 0;
        sentToSource = false;
        asked = now;
        firstAsked = now;
        // Who is told to fetch from the origin (a seed) need not wait for the scheduler's nod.
        board.swarm(
                download.getNeedBackToSource() ? SwarmState.BACK_TO_SOURCE : SwarmState.ASKING,
                now);
        next.register(channel.get(), download);
    }

    /** Time passes. */
    void tick(long now) {
        Download download = registered;
        if (retryAt != 0 && now - retryAt >= 0 && download != null) {
            retryAt = 0;
            long first = firstAsked;
            register(download);
            firstAsked = first;
            if (board.swarm() == SwarmState.ASKING) {
                // A reader's patience counts from the first question.
                board.swarm(SwarmState.ASKING, first);
            }
        }
        if (board.swarm() == SwarmState.ASKING
                && retryAt == 0
                && now - asked > ANSWER_LIMIT.toNanos()) {
            LOG.warn("task {}: no answer from the scheduler, going on without it", taskId);
            giveUp("no answer in time");
        }
    }

    /** Other parents, please: the ones we have cannot bring {@code pieces}. */
    void reschedule(Collection<Integer> pieces) {
        SchedulerTalk current = talk;
        if (current == null || current.isOver() || current.isLastWordSaid()) {
            board.swarm(SwarmState.ALONE, task.now());
            return;
        }
        LOG.debug("task {}: no parent brings pieces {}", taskId, pieces);
        current.reschedule(candidates);
        asked = task.now();
        board.swarm(SwarmState.ASKING, asked);
    }

    void report(PieceRecord piece) {
        if (talk != null) {
            talk.pieceFinished(piece);
        }
    }

    void reportFailed(int piece, Parent parent) {
        if (talk != null) {
            talk.pieceFailed(piece, parent.peerId());
        }
    }

    /** The origin failed. If the scheduler sent us there it hears so. */
    void originFailed(Throwable failure) {
        SchedulerTalk current = talk;
        if (current != null && sentToSource && !current.isLastWordSaid()) {
            current.backToSourceFailed(failure);
            board.swarm(SwarmState.ALONE, task.now());
        }
    }

    /** Tells the scheduler that the download is done. False if no scheduler is listening. */
    boolean finish() {
        parents.close();
        SchedulerTalk current = talk;
        if (current == null || (current.isOver() && !current.isLastWordSaid())) {
            return false;
        }
        if (current.isLastWordSaid()) {
            return true;
        }
        if (sentToSource) {
            current.backToSourceFinished();
            return true;
        }
        if (answers == 0) {
            current.started();
        }
        current.finished();
        return true;
    }

    /**
     * Tells the scheduler that is there now of a content that came while none was. Not under the
     * lock: it waits, not long.
     */
    void announceHeld(Download download) {
        schedulers.announceHeld(
                taskId,
                download.toBuilder().setMetadataOnly(true).setNeedBackToSource(false).build());
    }

    void fail(String why) {
        parents.close();
        if (talk != null) {
            talk.failed(why);
        }
    }

    private void giveUp(String why) {
        if (talk != null) {
            talk.failed(why);
        }
        board.swarm(SwarmState.ALONE, task.now());
    }

    // ---- the scheduler's words

    @Override
    public void parents(List<Peer> peers) {
        synchronized (task) {
            SchedulerTalk current = talk;
            if (current == null || task.isClosed()) {
                return;
            }
            LOG.info(
                    "task {}: normal task response: {}",
                    taskId,
                    peers.stream().map(Peer::getId).toList());
            if (++answers > maxScheduleCount) {
                giveUp("max schedule count exceeded");
                task.pump();
                return;
            }
            candidates = peers;
            current.started();
            long now = task.now();
            board.swarm(SwarmState.PARENTS, now);
            for (Peer peer : peers) {
                parents.listen(peer, now);
            }
            task.pump();
        }
    }

    @Override
    public void further(List<Peer> neighbours) {
        synchronized (task) {
            if (talk == null || task.isClosed() || board.swarm() == SwarmState.BACK_TO_SOURCE) {
                return; // who reads from the origin gives to these, and takes nothing from them
            }
            long now = task.now();
            for (Peer peer : neighbours) {
                parents.listen(peer, now);
            }
            task.pump();
        }
    }

    @Override
    public void backToSource() {
        synchronized (task) {
            LOG.info("task {}: need back to source response", taskId);
            answers++;
            sentToSource = true;
            if (talk != null) {
                talk.backToSourceStarted();
            }
            board.swarm(SwarmState.BACK_TO_SOURCE, task.now());
            task.pump();
        }
    }

    @Override
    public void empty() {
        synchronized (task) {
            LOG.info("task {}: empty task response", taskId);
            answers++;
            if (talk != null) {
                talk.started();
            }
        }
    }

    @Override
    public void metadataOnly() {
        synchronized (task) {
            LOG.warn("task {}: the scheduler took a download for a mere announcement", taskId);
            giveUp("unexpected response");
            task.pump();
        }
    }

    @Override
    public void ended(@Nullable Status failure) {
        synchronized (task) {
            SchedulerTalk current = talk;
            if (current == null || current.isLastWordSaid() || !current.isOver()) {
                return;
            }
            boolean unknown = failure != null && failure.getCode() == Status.Code.NOT_FOUND;
            long now = task.now();
            if (unknown && answers == 0 && now - firstAsked < RETRY_FOR.toNanos()) {
                retryAt = now + RETRY_AFTER.toNanos();
                schedulers.hostUnknown();
                return;
            }
            LOG.info(
                    "task {}: the scheduler left the conversation: {}",
                    taskId,
                    failure == null ? "ended" : failure.getCode() + " " + failure.getDescription());
            if (failure != null && failure.getCode() == Status.Code.UNAVAILABLE) {
                schedulers.unreachable(taskId);
            }
            if (board.swarm() != SwarmState.BACK_TO_SOURCE) {
                board.swarm(SwarmState.ALONE, task.now());
            }
            task.pump();
        }
    }
}
