package dev.naiad.dfdaemon.task;

import dev.naiad.dfdaemon.storage.Sha256;
import dev.naiad.dragonfly.HostIds;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonUploadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.SyncPiecesRequest;
import dev.naiad.dragonfly.api.dfdaemon.SyncPiecesResponse;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The gRPC side of parents: who has which piece. One connection per parent host, shared by all
 * tasks. The answers come on gRPC's threads.
 */
public final class ParentLinks implements AutoCloseable {
    /** No host lets more uploads run, whatever it says. */
    private static final int MOST_SLOTS = 64;

    /** What a parent tells. */
    interface Listener {
        void piece(Parent parent, int number, InetSocketAddress address, Optional<Sha256> digest);

        void alive(Parent parent);

        /** How many uploads of it run or wait, and how many may run. */
        void load(Parent parent, int uploads, int slots);

        /** How often it, a seed, has begun to send a piece. */
        void sent(Parent parent, int piece, int times);

        /** It fetches the whole content. */
        void fetchesAll(Parent parent);

        void ended(Parent parent, @Nullable Status failure);
    }

    /** A running SyncPieces call. */
    static final class Stream {
        private volatile @Nullable ClientCallStreamObserver<SyncPiecesRequest> call;

        private volatile boolean done;

        boolean isDone() {
            return done;
        }

        void cancel() {
            ClientCallStreamObserver<SyncPiecesRequest> running = call;
            if (running != null) {
                running.cancel("no longer needed", null);
            }
        }
    }

    private final String hostId;
    private final EventLoops loops;
    private final Map<InetSocketAddress, GrpcChannel> channels = new ConcurrentHashMap<>();

    public ParentLinks(String hostId, EventLoops loops) {
        this.hostId = hostId;
        this.loops = loops;
    }

    /**
     * Asks a parent which of {@code pieces} it has and hears of those that come while the call
     * lives.
     *
     * @param fetch empty to listen only, else {@link SwarmProtocol#NOW} or LATER
     * @param authorization goes with a fetch, to seeds only; may be empty
     */
    Stream open(
            Parent parent,
            String taskId,
            List<Integer> pieces,
            String fetch,
            String authorization,
            Listener listener) {
        var headers = new Metadata();
        headers.put(SwarmProtocol.CHILD, "1");
        if (!fetch.isEmpty()) {
            headers.put(SwarmProtocol.FETCH, fetch);
            // A seed fetches for all; another peer may be anybody's, and fetches with its own.
            if (!authorization.isEmpty() && HostIds.isSeed(parent.hostId())) {
                headers.put(SwarmProtocol.AUTHORIZATION, authorization);
            }
        }
        var host = parent.peer().getHost();
        var address = InetSocketAddress.createUnresolved(host.getIp(), host.getPort());
        GrpcChannel channel =
                channels.computeIfAbsent(
                        address,
                        to ->
                                GrpcChannel.open(
                                        Endpoint.tcp(to.getHostString(), to.getPort()), loops));
        var stream = new Stream();
        // Not under the call that a task may have begun with, and without a deadline: it lives as
        // long as pieces may come.
        Context caller = Context.ROOT.attach();
        try {
            DfdaemonUploadGrpc.newStub(channel.channel())
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                    .syncPieces(
                            SyncPiecesRequest.newBuilder()
                                    .setHostId(hostId)
                                    .setTaskId(taskId)
                                    .addAllInterestedPieceNumbers(pieces)
                                    .build(),
                            new Answers(parent, stream, listener));
        } finally {
            Context.ROOT.detach(caller);
        }
        return stream;
    }

    private record Answers(Parent parent, Stream stream, Listener listener)
            implements ClientResponseObserver<SyncPiecesRequest, SyncPiecesResponse> {
        @Override
        public void beforeStart(ClientCallStreamObserver<SyncPiecesRequest> call) {
            stream.call = call;
        }

        @Override
        public void onNext(SyncPiecesResponse message) {
            if (message.hasNaiadUploadSlots()) {
                listener.load(
                        parent,
                        Math.max(0, message.getNaiadUploads()),
                        Math.clamp(message.getNaiadUploadSlots(), 1, MOST_SLOTS));
            }
            if (message.getNaiadWhole()) {
                listener.fetchesAll(parent);
            }
            if (message.hasNaiadSent() && message.getNumber() >= 0) {
                listener.sent(parent, message.getNumber(), Math.max(0, message.getNaiadSent()));
            }
            if (SwarmProtocol.isAlive(message)) {
                listener.alive(parent);
                return;
            }
            // Without a TCP port the parent speaks QUIC only; guessing another port cannot work.
            if (!message.hasTcpPort() || message.getNumber() < 0) {
                return;
            }
            String ip =
                    message.getIp().isEmpty() ? parent.peer().getHost().getIp() : message.getIp();
            Optional<Sha256> digest =
                    message.getNaiadSha256().size() == Sha256.SIZE
                            ? Optional.of(new Sha256(message.getNaiadSha256().toByteArray()))
                            : Optional.empty();
            listener.piece(
                    parent,
                    message.getNumber(),
                    new InetSocketAddress(ip, message.getTcpPort()),
                    digest);
        }

        @Override
        public void onError(Throwable failure) {
            stream.done = true;
            listener.ended(parent, Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            stream.done = true;
            listener.ended(parent, null);
        }
    }

    @Override
    public void close() {
        channels.values().forEach(GrpcChannel::close);
    }
}
