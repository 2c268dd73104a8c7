package dev.naiad.scheduler.rpc;

import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerRequest;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerBackToSourceFinishedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerBackToSourceStartedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerFinishedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerStartedRequest;
import dev.naiad.dragonfly.api.scheduler.RegisterPeerRequest;
import dev.naiad.dragonfly.api.scheduler.SchedulerGrpc;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A peer that speaks with a scheduler over real gRPC. */
final class Client implements ClientResponseObserver<AnnouncePeerRequest, AnnouncePeerResponse> {
    private static final long PATIENCE_SECONDS = 60;
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private final String hostId;
    private final String taskId;
    private final String peerId;
    private ClientCallStreamObserver<AnnouncePeerRequest> requests;

    @SuppressWarnings(
            "NullAway.Init") // set by beforeStart, which the call in the constructor makes
    Client(Channel channel, String hostId, String taskId, String peerId) {
        this.hostId = hostId;
        this.taskId = taskId;
        this.peerId = peerId;
        SchedulerGrpc.newStub(channel).announcePeer(this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<AnnouncePeerRequest> stream) {
        requests = stream;
    }

    @Override
    public void onNext(AnnouncePeerResponse response) {
        events.add(response);
    }

    @Override
    public void onError(Throwable failure) {
        events.add(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
        events.add(Status.OK);
    }

    Client register(Download download) {
        return send(
                message()
                        .setRegisterPeerRequest(
                                RegisterPeerRequest.newBuilder().setDownload(download)));
    }

    Client started() {
        return send(
                message()
                        .setDownloadPeerStartedRequest(
                                DownloadPeerStartedRequest.getDefaultInstance()));
    }

    Client finished() {
        return send(
                message()
                        .setDownloadPeerFinishedRequest(
                                DownloadPeerFinishedRequest.getDefaultInstance()));
    }

    Client sourceStarted() {
        return send(
                message()
                        .setDownloadPeerBackToSourceStartedRequest(
                                DownloadPeerBackToSourceStartedRequest.getDefaultInstance()));
    }

    Client sourceFinished() {
        return send(
                message()
                        .setDownloadPeerBackToSourceFinishedRequest(
                                DownloadPeerBackToSourceFinishedRequest.getDefaultInstance()));
    }

    AnnouncePeerRequest.Builder message() {
        return AnnouncePeerRequest.newBuilder()
                .setHostId(hostId)
                .setTaskId(taskId)
                .setPeerId(peerId);
    }

    Client send(AnnouncePeerRequest.Builder message) {
        requests.onNext(message.build());
        return this;
    }

    void hangUp() {
        requests.cancel("the test hangs up", null);
    }

    /** The next response; fails the test when the call ended instead. */
    AnnouncePeerResponse response() throws InterruptedException {
        var event = event();
        if (event instanceof AnnouncePeerResponse response) {
            return response;
        }
        throw new AssertionError("expected a response of " + peerId + ", got " + event);
    }

    /** How the call ended. */
    Status end() throws InterruptedException {
        var event = event();
        if (event instanceof Status status) {
            return status;
        }
        throw new AssertionError("expected the end of " + peerId + ", got " + event);
    }

    /** The next thing that came: a response or the status of the end. */
    Object event() throws InterruptedException {
        var event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (event == null) {
            throw new AssertionError("nothing came for " + peerId);
        }
        return event;
    }
}
