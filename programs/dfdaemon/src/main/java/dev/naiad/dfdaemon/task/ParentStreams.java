package dev.naiad.dfdaemon.task;

import dev.naiad.dfdaemon.storage.Sha256;
import dev.naiad.dragonfly.api.common.Peer;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One active task towards its parents: listens to which pieces they have, asks them to fetch.
 * Everything happens under the lock of the active task; words come on gRPC's threads.
 */
final class ParentStreams implements ParentLinks.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(ParentStreams.class);

    private final TaskContext task;
    private final ParentLinks links;
    private final PieceBoard board;
    private final String taskId;
    private final List<ParentLinks.Stream> streams = new ArrayList<>();

    ParentStreams(TaskContext task, ParentLinks links, PieceBoard board) {
        this.task = task;
        this.links = links;
        this.board = board;
        this.taskId = task.stored().meta().taskId();
    }

    /** Listens to a peer that the scheduler named. */
    void listen(Peer peer, long now) {
        Parent parent = board.parent(peer, now);
        List<Integer> missing = task.missing();
        if (task.isBanned(parent.hostId())) {
            parent.drop();
        }
        if (parent.isDropped() || missing.isEmpty() || parent.isListening()) {
            return;
        }
        parent.streamOpened();
        streams.add(links.open(parent, taskId, missing, "", "", this));
    }

    void ask(PieceBoard.Ask ask) {
        LOG.debug("task {}: asking {} to fetch pieces {}", taskId, ask.parent(), ask.pieces());
        String fetch = ask.demanded() ? SwarmProtocol.NOW : SwarmProtocol.LATER;
        var listener = new AskListener(ask.pieces());
        streams.removeIf(ParentLinks.Stream::isDone);
        streams.add(
                links.open(
                        ask.parent(), taskId, ask.pieces(), fetch, task.authorization(), listener));
    }

    void close() {
        streams.forEach(ParentLinks.Stream::cancel);
        streams.clear();
    }

    @Override
    public void piece(
            Parent parent, int number, InetSocketAddress address, Optional<Sha256> digest) {
        synchronized (task) {
            parent.progress(task.now());
            if (number < task.stored().layout().count()) {
                parent.announced(number, address, digest);
                task.pump();
            }
        }
    }

    @Override
    public void alive(Parent parent) {
        synchronized (task) {
            parent.greeted();
            parent.progress(task.now());
            task.moved();
            task.pump();
        }
    }

    @Override
    public void load(Parent parent, int uploads, int slots) {
        synchronized (task) {
            parent.neighbour().reportLoad(uploads, slots);
            task.pump();
        }
    }

    @Override
    public void sent(Parent parent, int piece, int times) {
        synchronized (task) {
            if (piece < task.stored().layout().count()) {
                parent.neighbour().reportSent(piece, times);
            }
        }
    }

    @Override
    public void fetchesAll(Parent parent) {
        synchronized (task) {
            parent.fetchesAll();
        }
    }

    @Override
    public void ended(Parent parent, @Nullable Status failure) {
        synchronized (task) {
            parent.streamEnded();
            if (failure != null
                    && failure.getCode() == Status.Code.UNAVAILABLE
                    && !task.isClosed()) {
                LOG.debug("task {}: parent {} is gone: {}", taskId, parent, failure);
                parent.drop();
            }
            task.pump();
        }
    }

    /** A parent that was asked to fetch: what it has not brought when it ends, it refused. */
    private final class AskListener implements ParentLinks.Listener {
        private final List<Integer> pieces;

        AskListener(List<Integer> pieces) {
            this.pieces = pieces;
        }

        @Override
        public void piece(
                Parent parent, int number, InetSocketAddress address, Optional<Sha256> digest) {
            ParentStreams.this.piece(parent, number, address, digest);
        }

        @Override
        public void alive(Parent parent) {
            ParentStreams.this.alive(parent);
        }

        @Override
        public void load(Parent parent, int uploads, int slots) {
            ParentStreams.this.load(parent, uploads, slots);
        }

        @Override
        public void sent(Parent parent, int piece, int times) {
            ParentStreams.this.sent(parent, piece, times);
        }

        @Override
        public void fetchesAll(Parent parent) {
            ParentStreams.this.fetchesAll(parent);
        }

        @Override
        public void ended(Parent parent, @Nullable Status failure) {
            synchronized (task) {
                LOG.debug("task {}: {} brings no more of {}: {}", taskId, parent, pieces, failure);
                if (failure != null && failure.getCode() == Status.Code.FAILED_PRECONDITION) {
                    parent.refuseAll();
                }
                for (int piece : pieces) {
                    if (parent.isAsked(piece)) {
                        parent.refuse(piece);
                    }
                }
                task.pump();
            }
        }
    }
}
