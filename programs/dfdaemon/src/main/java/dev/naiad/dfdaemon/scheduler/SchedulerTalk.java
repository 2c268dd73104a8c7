package dev.naiad.dfdaemon.scheduler;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.dfdaemon.piece.OriginException;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Peer;
import dev.naiad.dragonfly.api.common.TrafficType;
import dev.naiad.dragonfly.api.errordetails.Backend;
import dev.naiad.dragonfly.api.errordetails.Unknown;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerRequest;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerBackToSourceFailedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerBackToSourceFinishedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerBackToSourceStartedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerFailedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerFinishedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerStartedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPieceBackToSourceFailedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPieceBackToSourceFinishedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPieceFailedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPieceFinishedRequest;
import dev.naiad.dragonfly.api.scheduler.RegisterPeerRequest;
import dev.naiad.dragonfly.api.scheduler.ReschedulePeerRequest;
import dev.naiad.dragonfly.api.scheduler.SchedulerGrpc;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One AnnouncePeer conversation: this peer and one task. After the last word (a finished or failed)
 * our half stays open, for the server ends the call; who closes first loses the word.
 *
 * <p>Sending never blocks. The listener is called on gRPC's threads.
 */
public final class SchedulerTalk {
    /** What the scheduler says. */
    public interface Listener {
        void parents(List<Peer> candidates);

        /** Further parents, told without a question. */
        void further(List<Peer> neighbours);

        void backToSource();

        /** The content is empty. */
        void empty();

        /** The registration of a task that is held completely was taken note of. */
        void metadataOnly();

        /** The call is over; {@code failure} is null if the server ended it in peace. */
        void ended(@Nullable Status failure);
    }

    private final String hostId;
    private final String taskId;
    private final String peerId;
    private final Listener listener;

    @GuardedBy("this") private @Nullable ClientCallStreamObserver<AnnouncePeerRequest> out;

    /** Reports of pieces wait until the scheduler has answered the registration. */
    @GuardedBy("this") private final List<AnnouncePeerRequest> early = new ArrayList<>();

    @GuardedBy("this") private boolean answered;

    @GuardedBy("this") private boolean over;

    @GuardedBy("this") private boolean lastWordSaid;

    public SchedulerTalk(String hostId, String taskId, String peerId, Listener listener) {
        this.hostId = hostId;
        this.taskId = taskId;
        this.peerId = peerId;
        this.listener = listener;
    }

    public String peerId() {
        return peerId;
    }

    /** Opens the call and registers. */
    public void register(Channel channel, Download download) {
        // Not under the call that a task may have begun with: the conversation outlives it.
        Context caller = Context.ROOT.attach();
        try {
            SchedulerGrpc.newStub(channel).announcePeer(new Answers());
        } finally {
            Context.ROOT.detach(caller);
        }
        send(
                request()
                        .setRegisterPeerRequest(
                                RegisterPeerRequest.newBuilder()
                                        .setDownload(download)
                                        .setNaiadMesh(true))
                        .build());
    }

    public void started() {
        send(
                request()
                        .setDownloadPeerStartedRequest(
                                DownloadPeerStartedRequest.getDefaultInstance())
                        .build());
    }

    public void backToSourceStarted() {
        send(
                request()
                        .setDownloadPeerBackToSourceStartedRequest(
                                DownloadPeerBackToSourceStartedRequest.getDefaultInstance())
                        .build());
    }

    public void pieceFinished(PieceRecord piece) {
        AnnouncePeerRequest.Builder report = request();
        if (piece.traffic() == TrafficType.BACK_TO_SOURCE) {
            report.setDownloadPieceBackToSourceFinishedRequest(
                    DownloadPieceBackToSourceFinishedRequest.newBuilder()
                            .setPiece(DfdaemonMessages.piece(piece)));
        } else {
            report.setDownloadPieceFinishedRequest(
                    DownloadPieceFinishedRequest.newBuilder()
                            .setPiece(DfdaemonMessages.piece(piece)));
        }
        synchronized (this) {
            if (!answered) {
                early.add(report.build());
                return;
            }
        }
        send(report.build());
    }

    public void pieceFailed(int piece, String parentId) {
        send(
                request()
                        .setDownloadPieceFailedRequest(
                                DownloadPieceFailedRequest.newBuilder()
                                        .setPieceNumber(piece)
                                        .setParentId(parentId)
                                        .setTemporary(true))
                        .build());
    }

    /** Asks for other parents; {@code candidates} as they were received. */
    public void reschedule(List<Peer> candidates) {
        send(
                request()
                        .setReschedulePeerRequest(
                                ReschedulePeerRequest.newBuilder()
                                        .addAllCandidateParents(candidates)
                                        .setDescription(
                                                "not all pieces are downloaded from parent"))
                        .build());
    }

    /** The last word after a download with the swarm. */
    public void finished() {
        lastWord(
                request()
                        .setDownloadPeerFinishedRequest(
                                DownloadPeerFinishedRequest.getDefaultInstance())
                        .build());
    }

    /** The last word after a download from the origin. */
    public void backToSourceFinished() {
        lastWord(
                request()
                        .setDownloadPeerBackToSourceFinishedRequest(
                                DownloadPeerBackToSourceFinishedRequest.getDefaultInstance())
                        .build());
    }

    public void failed(String why) {
        lastWord(
                request()
                        .setDownloadPeerFailedRequest(
                                DownloadPeerFailedRequest.newBuilder().setDescription(why))
                        .build());
    }

    /** The origin failed us after the scheduler sent us there. */
    public void backToSourceFailed(Throwable failure) {
        var piece = DownloadPieceBackToSourceFailedRequest.newBuilder();
        if (failure instanceof OriginException origin) {
            piece.setBackend(
                    Backend.newBuilder()
                            .setMessage(origin.what())
                            .setStatusCode(origin.status())
                            .putAllHeader(DfdaemonMessages.headers(origin.headers())));
        } else {
            piece.setUnknown(Unknown.newBuilder().setMessage(String.valueOf(failure.getMessage())));
        }
        send(request().setDownloadPieceBackToSourceFailedRequest(piece).build());
        lastWord(
                request()
                        .setDownloadPeerBackToSourceFailedRequest(
                                DownloadPeerBackToSourceFailedRequest.newBuilder()
                                        .setDescription(String.valueOf(failure.getMessage())))
                        .build());
    }

    /** Whether a last word was said; nothing can be added then. */
    public synchronized boolean isLastWordSaid() {
        return lastWordSaid;
    }

    public synchronized boolean isOver() {
        return over;
    }

    /** Ends the call without a last word; the scheduler then sees a broken stream. */
    public synchronized void cancel() {
        ClientCallStreamObserver<AnnouncePeerRequest> stream = out;
        if (stream != null && !over) {
            over = true;
            stream.cancel("no longer needed", null);
        }
    }

    private AnnouncePeerRequest.Builder request() {
        return AnnouncePeerRequest.newBuilder()
                .setHostId(hostId)
                .setTaskId(taskId)
                .setPeerId(peerId);
    }

    private synchronized void lastWord(AnnouncePeerRequest message) {
        flushEarly();
        send(message);
        lastWordSaid = true;
    }

    private synchronized void send(AnnouncePeerRequest message) {
        ClientCallStreamObserver<AnnouncePeerRequest> stream = out;
        if (stream != null && !over && !lastWordSaid) {
            stream.onNext(message);
        }
    }

    @GuardedBy("this") private void flushEarly() {
        answered = true;
        List<AnnouncePeerRequest> waiting = List.copyOf(early);
        early.clear();
        waiting.forEach(this::send);
    }

    /** The answers of the server. */
    private final class Answers
            implements ClientResponseObserver<AnnouncePeerRequest, AnnouncePeerResponse> {
        @Override
        public void beforeStart(ClientCallStreamObserver<AnnouncePeerRequest> stream) {
            synchronized (SchedulerTalk.this) {
                out = stream;
            }
        }

        @Override
        public void onNext(AnnouncePeerResponse answer) {
            switch (answer.getResponseCase()) {
                case NORMAL_TASK_RESPONSE -> {
                    var normal = answer.getNormalTaskResponse();
                    if (normal.getNaiadFurther()) {
                        listener.further(normal.getCandidateParentsList());
                        return; // the registration may not have been answered yet
                    }
                    listener.parents(normal.getCandidateParentsList());
                }
                case NEED_BACK_TO_SOURCE_RESPONSE -> listener.backToSource();
                case EMPTY_TASK_RESPONSE -> listener.empty();
                case METADATA_ONLY_RESPONSE -> listener.metadataOnly();
                case RESPONSE_NOT_SET -> {
                    // A kind of answer that is newer than we are: as if nothing had come.
                }
            }
            synchronized (SchedulerTalk.this) {
                flushEarly();
            }
        }

        @Override
        public void onError(Throwable failure) {
            end(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            ClientCallStreamObserver<AnnouncePeerRequest> stream;
            synchronized (SchedulerTalk.this) {
                stream = over ? null : out;
            }
            end(null);
            if (stream != null) {
                stream.onCompleted();
            }
        }

        private void end(@Nullable Status failure) {
            synchronized (SchedulerTalk.this) {
                over = true;
            }
            listener.ended(failure);
        }
    }
}
