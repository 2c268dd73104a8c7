package dev.naiad.dfdaemon.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import dev.naiad.dfdaemon.metrics.DfdaemonMetrics;
import dev.naiad.dfdaemon.scheduler.DfdaemonMessages;
import dev.naiad.dfdaemon.scheduler.HeldAnnouncer;
import dev.naiad.dfdaemon.scheduler.HostReport;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dfdaemon.task.ChildPieces;
import dev.naiad.dfdaemon.task.SwarmProtocol;
import dev.naiad.dfdaemon.task.TaskEngine;
import dev.naiad.dfdaemon.task.TaskRequest;
import dev.naiad.dfdaemon.task.TaskSession;
import dev.naiad.dfdaemon.vortex.UploadSlots;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Host;
import dev.naiad.dragonfly.api.common.Task;
import dev.naiad.dragonfly.api.dfdaemon.DeleteTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonUploadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadPieceRequest;
import dev.naiad.dragonfly.api.dfdaemon.DownloadPieceResponse;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskResponse;
import dev.naiad.dragonfly.api.dfdaemon.StatLocalTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.StatLocalTaskResponse;
import dev.naiad.dragonfly.api.dfdaemon.StatTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.SyncHostRequest;
import dev.naiad.dragonfly.api.dfdaemon.SyncPiecesRequest;
import dev.naiad.dragonfly.api.dfdaemon.SyncPiecesResponse;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What other hosts ask of this one: schedulers to fetch a task, children for pieces. Takes no
 * paths. Each call has its own virtual thread.
 */
public final class UploadService extends DfdaemonUploadGrpc.DfdaemonUploadImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(UploadService.class);

    private static final int MAX_INTERESTS = 2 << 20;
    private static final int LEAST_INTERESTS = 256;

    private final TaskEngine engine;
    private final ChildPieces children;
    private final LocalTasks tasks;
    private final HeldAnnouncer held;
    private final HostReport host;
    private final IntSupplier piecePort;
    private final DfdaemonMetrics metrics;
    private final PieceBytes pieceBytes = new PieceBytes(64L << 20, Duration.ofSeconds(30));

    /** Numbers of pieces in open SyncPieces calls; each call counts as some. */
    private final Semaphore interests = new Semaphore(MAX_INTERESTS);

    public UploadService(
            TaskEngine engine,
            ChildPieces children,
            LocalTasks tasks,
            HeldAnnouncer held,
            HostReport host,
            IntSupplier piecePort,
            DfdaemonMetrics metrics) {
        this.engine = engine;
        this.children = children;
        this.tasks = tasks;
        this.held = held;
        this.host = host;
        this.piecePort = piecePort;
        this.metrics = metrics;
    }

    /** The service as a server takes it. */
    public BindableService streaming() {
        return PieceStream.streaming(this);
    }

    @Override
    public void downloadTask(
            DownloadTaskRequest request, StreamObserver<DownloadTaskResponse> out) {
        // Nothing is written outside the store for callers from the network.
        Download download = request.getDownload().toBuilder().clearOutputPath().build();
        var metric = metrics.upload(download);
        long bytes = 0;
        boolean well = false;
        try {
            if (!request.hasDownload()) {
                throw missingDownload();
            }
            String taskId = TaskEngine.taskId(download);
            if (held.announceIfComplete(taskId, download)) {
                well = true;
                out.onCompleted();
                return;
            }
            try (TaskSession session = engine.begin(TaskRequest.of(download))) {
                bytes = session.span().length();
                new TaskStreams(engine, pieceBytes)
                        .send(session, observer(out), download.getNeedPieceContent());
                session.succeeded();
            }
            well = true;
            out.onCompleted();
        } catch (CancellationException e) {
            LOG.debug("the caller of a task for others went away");
        } catch (InterruptedException e) {
            out.onError(Status.CANCELLED.asRuntimeException());
        } catch (Exception e) {
            LOG.debug("a task for others failed", e);
            out.onError(ErrorDetails.of(e));
        } finally {
            metric.end(bytes, well);
        }
    }

    static RuntimeException missingDownload() {
        return Status.INVALID_ARGUMENT.withDescription("missing download").asRuntimeException();
    }

    private static <T> ServerCallStreamObserver<T> observer(StreamObserver<T> out) {
        return (ServerCallStreamObserver<T>) out;
    }

    @Override
    public void syncPieces(SyncPiecesRequest request, StreamObserver<SyncPiecesResponse> out) {
        ServerCallStreamObserver<SyncPiecesResponse> call = observer(out);
        int count = Math.max(LEAST_INTERESTS, request.getInterestedPieceNumbersCount());
        if (!interests.tryAcquire(count)) {
            call.onError(
                    Status.RESOURCE_EXHAUSTED
                            .withDescription(
                                    "server is overloaded: too many requests, please retry later")
                            .asRuntimeException());
            return;
        }
        try {
            syncPieces(request, call);
        } finally {
            interests.release(count);
        }
    }

    private void syncPieces(
            SyncPiecesRequest request, ServerCallStreamObserver<SyncPiecesResponse> call) {
        Metadata headers = CallHeaders.current();
        var pieces = new BitSet();
        for (int i = 0; i < request.getInterestedPieceNumbersCount(); i++) {
            int piece = request.getInterestedPieceNumbers(i);
            if (piece >= 0 && piece < ChildPieces.MAX_PIECES) {
                pieces.set(piece);
            }
        }
        var interest =
                new ChildPieces.Interest(
                        request.getTaskId(),
                        pieces,
                        headers.containsKey(SwarmProtocol.CHILD),
                        orEmpty(headers.get(SwarmProtocol.FETCH)),
                        orEmpty(headers.get(SwarmProtocol.AUTHORIZATION)));
        try {
            children.tell(interest, new Child(call, interest.ours()));
            if (!call.isCancelled()) {
                call.onCompleted();
            }
        } catch (InterruptedException e) {
            call.onError(Status.CANCELLED.asRuntimeException());
        } catch (RuntimeException e) {
            if (!call.isCancelled()) {
                call.onError(ErrorDetails.of(e));
            }
        }
    }

    private static String orEmpty(@org.jspecify.annotations.Nullable String text) {
        return text == null ? "" : text;
    }

    private final class Child implements ChildPieces.Child {
        private final ServerCallStreamObserver<SyncPiecesResponse> call;
        private final boolean ours;

        Child(ServerCallStreamObserver<SyncPiecesResponse> call, boolean ours) {
            this.call = call;
            this.ours = ours;
        }

        @Override
        public void has(StoredTask stored, int piece, UploadSlots.Load load) {
            PieceRecord record = stored.piece(piece).orElse(null);
            if (record == null) {
                return;
            }
            var message =
                    SyncPiecesResponse.newBuilder()
                            .setNumber(piece)
                            .setOffset(record.offset())
                            .setLength(record.length())
                            .setIp(engine.identity().ip())
                            .setTcpPort(piecePort.getAsInt());
            if (ours) {
                message.setNaiadSha256(ByteString.copyFrom(record.sha256().bytes()));
                say(message, load);
            } else {
                say(message);
            }
        }

        @Override
        public void alive(UploadSlots.Load load, boolean fetchesAll) {
            var message = SwarmProtocol.ALIVE.toBuilder();
            if (fetchesAll) {
                message.setNaiadWhole(true);
            }
            say(message, load);
        }

        @Override
        public void busy(UploadSlots.Load load) {
            say(SyncPiecesResponse.newBuilder().setNumber(SwarmProtocol.LOAD_ONLY), load);
        }

        @Override
        public void sent(int piece, int times) {
            say(SyncPiecesResponse.newBuilder().setNumber(piece).setNaiadSent(times));
        }

        private void say(SyncPiecesResponse.Builder message, UploadSlots.Load load) {
            say(message.setNaiadUploads(load.uploads()).setNaiadUploadSlots(load.slots()));
        }

        private void say(SyncPiecesResponse.Builder message) {
            if (!call.isCancelled()) {
                call.onNext(message.build());
            }
        }

        @Override
        public boolean isGone() {
            return call.isCancelled();
        }
    }

    @Override
    public void downloadPiece(
            DownloadPieceRequest request, StreamObserver<DownloadPieceResponse> out) {
        ServerCallStreamObserver<DownloadPieceResponse> call = observer(out);
        PieceBytes.Share share = pieceBytes.share(call);
        StoredTask stored = null;
        try {
            stored = children.await(request.getTaskId(), request.getPieceNumber());
            if (stored == null) {
                throw notFound();
            }
            PieceRecord record =
                    stored.piece(request.getPieceNumber()).orElseThrow(UploadService::notFound);
            share.take(record);
            try (var content = stored.openContent()) {
                PieceStream.answer(DfdaemonMessages.piece(record), content, call);
            }
            metrics.uploaded(record.length());
            call.onCompleted();
        } catch (InterruptedException e) {
            call.onError(Status.CANCELLED.asRuntimeException());
        } catch (Exception e) {
            call.onError(ErrorDetails.of(e));
        } finally {
            if (stored != null) {
                stored.release();
            }
        }
    }

    private static RuntimeException notFound() {
        return Status.NOT_FOUND.withDescription("piece not found").asRuntimeException();
    }

    @Override
    public void syncHost(SyncHostRequest request, StreamObserver<Host> out) {
        ServerCallStreamObserver<Host> call = observer(out);
        try {
            while (!call.isCancelled()) {
                call.onNext(Host.newBuilder().setNetwork(host.now().getNetwork()).build());
                Thread.sleep(1000);
            }
        } catch (InterruptedException e) {
            call.onError(Status.CANCELLED.asRuntimeException());
        } catch (RuntimeException e) {
            LOG.debug("a child of SyncHost went away", e);
        }
    }

    @Override
    public void statTask(StatTaskRequest request, StreamObserver<Task> out) {
        metrics.statTask();
        Calls.answer(out, () -> tasks.statInSwarm(request.getTaskId()));
    }

    @Override
    public void statLocalTask(
            StatLocalTaskRequest request, StreamObserver<StatLocalTaskResponse> out) {
        Calls.answer(out, () -> tasks.stat(request.getTaskId()));
    }

    @Override
    public void deleteTask(DeleteTaskRequest request, StreamObserver<Empty> out) {
        metrics.deleteTask();
        Calls.answer(
                out,
                () -> {
                    tasks.delete(request.getTaskId());
                    return Empty.getDefaultInstance();
                });
    }
}
