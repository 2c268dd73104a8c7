package dev.naiad.scheduler.rpc;

import static dev.naiad.scheduler.rpc.SchedulerLogLines.PEER_ID;
import static dev.naiad.scheduler.rpc.SchedulerLogLines.TASK_ID;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.common.Piece;
import dev.naiad.dragonfly.api.common.TrafficType;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerRequest;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import dev.naiad.dragonfly.api.scheduler.DownloadPieceFailedRequest;
import dev.naiad.dragonfly.api.scheduler.RegisterPeerRequest;
import dev.naiad.net.grpc.GrpcStatus;
import dev.naiad.scheduler.resource.Bell;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.PeerState;
import dev.naiad.scheduler.resource.PeerState.Event;
import dev.naiad.scheduler.resource.Swarm;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.resource.TaskState;
import dev.naiad.scheduler.scheduling.Admission;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One {@code AnnouncePeer} stream: messages are handled one after the other on the call's (virtual)
 * thread, which also waits for parents.
 *
 * <p>A peer whose stream ends before its last message is not a parent any more.
 */
final class PeerConversation implements StreamObserver<AnnouncePeerRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(PeerConversation.class);
    private static final int MAX_ID = 1 << 10;
    private static final int MAX_PEERS = 16;

    private final Hosts hosts;
    private final Swarms swarms;
    private final PeerRegistrations registrations;
    private final ParentOffer parents;
    private final SchedulerMetrics metrics;
    private final InstantSource clock;
    private final Outlet out;
    private final Outlets outlets;
    private final Context context = Context.current();
    private final Bell bell = new Bell();

    /** Peers of this stream that have not ended: in practice one. */
    private final Map<String, String> taskOfPeer = new HashMap<>();

    private final String source = CallerAddress.current();
    private volatile boolean cancelled;
    private boolean registered;
    private SchedulerMetrics.Kind kind = SchedulerMetrics.Kind.UNKNOWN;
    private boolean closed;

    PeerConversation(
            Hosts hosts,
            Swarms swarms,
            PeerRegistrations registrations,
            ParentOffer parents,
            SchedulerMetrics metrics,
            Outlets outlets,
            InstantSource clock,
            ServerCallStreamObserver<AnnouncePeerResponse> out) {
        this.hosts = hosts;
        this.swarms = swarms;
        this.registrations = registrations;
        this.parents = parents;
        this.metrics = metrics;
        this.outlets = outlets;
        this.clock = clock;
        this.out = new Outlet(out);
        metrics.conversationOpened();
        // The call's own listener is queued behind the message being handled; the context tells at
        // once.
        context.addListener(ignored -> cancel(), Runnable::run);
    }

    private void cancel() {
        cancelled = true;
        bell.ring();
    }

    @Override
    public void onNext(AnnouncePeerRequest request) {
        if (closed) {
            return;
        }
        try {
            handle(request);
        } catch (NaiadException failure) {
            end(failure);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            end(new NaiadException(ErrorKind.CANCELLED, "the scheduler is stopping", stopped));
        }
    }

    @Override
    public void onError(Throwable cause) {
        lost();
    }

    @Override
    public void onCompleted() {
        if (!closed) {
            lost();
            out.complete();
        }
    }

    private void handle(AnnouncePeerRequest request) throws InterruptedException {
        var taskId = request.getTaskId();
        var peerId = request.getPeerId();
        if (request.getHostId().isEmpty() || taskId.isEmpty() || peerId.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "AnnouncePeerRequest needs host_id, task_id and peer_id");
        }
        if (request.getHostId().length() > MAX_ID
                || taskId.length() > MAX_ID
                || peerId.length() > MAX_ID) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "AnnouncePeerRequest has an id of more than " + MAX_ID + " characters");
        }
        switch (request.getRequestCase()) {
            case REGISTER_PEER_REQUEST -> register(request, request.getRegisterPeerRequest());
            case DOWNLOAD_PEER_STARTED_REQUEST ->
                    counted(metrics::started, () -> act(request, PeerConversation::started));
            case DOWNLOAD_PEER_BACK_TO_SOURCE_STARTED_REQUEST ->
                    counted(
                            metrics::backToSourceStarted,
                            () -> act(request, PeerConversation::backToSourceStarted));
            case RESCHEDULE_PEER_REQUEST -> {
                var refused = request.getReschedulePeerRequest().getCandidateParentsList();
                act(
                        request,
                        (swarm, peer, now) ->
                                refused.forEach(parent -> swarm.block(peer, parent.getId())));
                parents.offer(swarms.get(taskId), peerId, bell, () -> cancelled, out);
            }
            case DOWNLOAD_PEER_FINISHED_REQUEST, DOWNLOAD_PEER_BACK_TO_SOURCE_FINISHED_REQUEST ->
                    finished(request);
            case DOWNLOAD_PEER_FAILED_REQUEST -> {
                metrics.finished(kind, false);
                act(request, (swarm, peer, now) -> swarm.fire(peer, Event.DOWNLOAD_FAILED, now));
                complete(peerId);
            }
            case DOWNLOAD_PEER_BACK_TO_SOURCE_FAILED_REQUEST -> {
                metrics.backToSourceFailed(kind);
                act(request, PeerConversation::backToSourceFailed);
                complete(peerId);
            }
            case DOWNLOAD_PIECE_FINISHED_REQUEST ->
                    piece(request, request.getDownloadPieceFinishedRequest().getPiece());
            case DOWNLOAD_PIECE_BACK_TO_SOURCE_FINISHED_REQUEST ->
                    piece(
                            request,
                            request.getDownloadPieceBackToSourceFinishedRequest().getPiece());
            case DOWNLOAD_PIECE_FAILED_REQUEST ->
                    pieceFailed(request, request.getDownloadPieceFailedRequest());
            case DOWNLOAD_PIECE_BACK_TO_SOURCE_FAILED_REQUEST -> {
                metrics.pieceFailed(TrafficType.BACK_TO_SOURCE, isSeed(request));
                logged(request, _ -> {});
            }
            case REQUEST_NOT_SET ->
                    throw new NaiadException(
                            ErrorKind.FAILED_PRECONDITION,
                            "receive unknown request of peer " + peerId);
        }
    }

    // --- registration ---

    private void register(AnnouncePeerRequest request, RegisterPeerRequest registration)
            throws InterruptedException {
        var download = registration.getDownload();
        registrations.checkCost(download, registered);
        registered = true;
        var applicant = registrations.applicant(request.getHostId(), download);
        remember(request);
        kind = applicant.kind();
        switch (registrations.admit(request, applicant, source)) {
            case Admission.Empty() -> out.answer(SchedulerMessages.emptyTask());
            case Admission.MetadataOnly() -> out.answer(SchedulerMessages.metadataOnly());
            case Admission.Refused(var refusal, var why) -> throw new NaiadException(refusal, why);
            case Admission.Schedule _ -> {
                if (registration.getNaiadMesh()) {
                    outlets.put(request.getPeerId(), out);
                }
                parents.offer(
                        swarms.get(request.getTaskId()),
                        request.getPeerId(),
                        bell,
                        () -> cancelled,
                        out);
            }
        }
    }

    // --- life of the peer ---

    private interface Step {
        void take(Swarm swarm, Peer peer, Instant now);
    }

    private void act(AnnouncePeerRequest request, Step step) {
        checkOwn(request);
        swarms.get(request.getTaskId())
                .call(
                        swarm -> {
                            step.take(swarm, swarm.get(request.getPeerId()), clock.instant());
                            return true;
                        });
    }

    private static void started(Swarm swarm, Peer peer, Instant now) {
        // compat: the client repeats "started" after every answer with parents
        if (peer.state() != PeerState.RUNNING && peer.state() != PeerState.BACK_TO_SOURCE) {
            swarm.fire(peer, Event.DOWNLOAD, now);
        }
    }

    private static void backToSourceStarted(Swarm swarm, Peer peer, Instant now) {
        if (peer.state() != PeerState.BACK_TO_SOURCE) {
            swarm.fire(peer, Event.DOWNLOAD_BACK_TO_SOURCE, now);
        }
    }

    /** A report that the swarm refuses counts as begun and as failed. */
    private void counted(BiConsumer<SchedulerMetrics.Kind, Boolean> count, Runnable report) {
        boolean ok = false;
        try {
            report.run();
            ok = true;
        } finally {
            count.accept(kind, ok);
        }
    }

    private void finished(AnnouncePeerRequest request) {
        act(
                request,
                (swarm, peer, now) -> {
                    swarm.fire(peer, Event.DOWNLOAD_SUCCEEDED, now);
                    if (!peer.isRanged() && swarm.state() != TaskState.SUCCEEDED) {
                        swarm.succeed(now);
                    }
                    metrics.downloaded(swarm.content().length(), peer.cost());
                });
        metrics.finished(kind, true);
        complete(request.getPeerId());
    }

    private static void backToSourceFailed(Swarm swarm, Peer peer, Instant now) {
        swarm.fire(peer, Event.DOWNLOAD_FAILED, now);
        // Others may still hold or fetch the content: only the last one's failure is the task's.
        if (swarm.state() == TaskState.RUNNING && !swarm.othersServe(peer)) {
            swarm.fail(now);
        }
    }

    private void piece(AnnouncePeerRequest request, Piece piece) {
        metrics.piece(piece, isSeed(request));
        logged(
                request,
                swarm ->
                        swarm.pieceFinished(
                                swarm.get(request.getPeerId()), piece, clock.instant()));
    }

    private boolean isSeed(AnnouncePeerRequest request) {
        return hosts.find(request.getHostId()).map(Host::isSeed).orElse(false);
    }

    private void pieceFailed(AnnouncePeerRequest request, DownloadPieceFailedRequest failed) {
        metrics.pieceFailed(TrafficType.REMOTE_PEER, isSeed(request));
        if (failed.getTemporary()) {
            logged(
                    request,
                    swarm ->
                            swarm.pieceFailed(
                                    swarm.get(request.getPeerId()),
                                    failed.getParentId(),
                                    clock.instant()));
        }
    }

    /** Reports of pieces never end the stream. */
    private void logged(AnnouncePeerRequest request, Consumer<Swarm> report) {
        try {
            checkOwn(request);
            swarms.get(request.getTaskId())
                    .call(
                            swarm -> {
                                report.accept(swarm);
                                return true;
                            });
        } catch (NaiadException failure) {
            LOG.atWarn()
                    .addKeyValue(TASK_ID, request.getTaskId())
                    .addKeyValue(PEER_ID, request.getPeerId())
                    .log("piece report ignored: {}", failure.getMessage());
        }
    }

    // --- end of the stream ---

    /** Peers are known to others in the swarm by their ids: only its own stream speaks for one. */
    private synchronized void checkOwn(AnnouncePeerRequest request) {
        if (!request.getTaskId().equals(taskOfPeer.get(request.getPeerId()))) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND,
                    "peer " + request.getPeerId() + " is not registered on this stream");
        }
    }

    private synchronized void remember(AnnouncePeerRequest request) {
        if (taskOfPeer.size() >= MAX_PEERS && !taskOfPeer.containsKey(request.getPeerId())) {
            throw new NaiadException(
                    ErrorKind.RESOURCE_EXHAUSTED,
                    "more than " + MAX_PEERS + " peers on one stream");
        }
        taskOfPeer.put(request.getPeerId(), request.getTaskId());
    }

    private synchronized Map<String, String> forgetAll() {
        var all = Map.copyOf(taskOfPeer);
        taskOfPeer.clear();
        return all;
    }

    private void complete(String peerId) {
        synchronized (this) {
            taskOfPeer.remove(peerId);
        }
        outlets.remove(peerId, out);
        closed = true;
        metrics.conversationClosed(true);
        // compat: the client waits without a limit for the end of the call after its last message,
        // and its own half stays open: GrpcServer resets the stream behind the trailers
        out.complete();
    }

    private void end(NaiadException failure) {
        if (closed) {
            return;
        }
        closed = true;
        dropPeers();
        metrics.conversationClosed(false);
        LOG.atWarn().log("conversation ended: {}", failure.getMessage());
        if (!cancelled) {
            out.fail(GrpcStatus.of(failure).asRuntimeException());
        } else {
            out.lost();
        }
    }

    private void lost() {
        if (!closed) {
            closed = true;
            dropPeers();
            metrics.conversationClosed(true);
        }
    }

    private void dropPeers() {
        var now = clock.instant();
        forgetAll()
                .forEach(
                        (peerId, taskId) -> {
                            outlets.remove(peerId, out);
                            swarms.find(taskId)
                                    .ifPresent(
                                            entry -> entry.call(swarm -> drop(swarm, peerId, now)));
                        });
    }

    private static boolean drop(Swarm swarm, String peerId, Instant now) {
        swarm.find(peerId)
                .filter(peer -> !peer.state().isOver())
                .ifPresent(peer -> backToSourceFailed(swarm, peer, now));
        return true;
    }
}
