package dev.naiad.dfdaemon.grpc;

import com.google.protobuf.Empty;
import dev.naiad.dfdaemon.metrics.DfdaemonMetrics;
import dev.naiad.dfdaemon.scheduler.Schedulers;
import dev.naiad.dfdaemon.task.TaskEngine;
import dev.naiad.dfdaemon.task.TaskPrefetcher;
import dev.naiad.dfdaemon.task.TaskRequest;
import dev.naiad.dfdaemon.task.TaskSession;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Task;
import dev.naiad.dragonfly.api.dfdaemon.DeleteLocalTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.DeleteTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskResponse;
import dev.naiad.dragonfly.api.dfdaemon.ListLocalTasksRequest;
import dev.naiad.dragonfly.api.dfdaemon.ListLocalTasksResponse;
import dev.naiad.dragonfly.api.dfdaemon.StatLocalTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.StatLocalTaskResponse;
import dev.naiad.dragonfly.api.dfdaemon.StatTaskRequest;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What tools on this machine ask, over the unix socket: the only place that takes paths. */
public final class DownloadService extends DfdaemonDownloadGrpc.DfdaemonDownloadImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(DownloadService.class);

    private final TaskEngine engine;
    private final LocalTasks tasks;
    private final Schedulers schedulers;
    private final TaskPrefetcher prefetcher;
    private final DfdaemonMetrics metrics;
    private final Outputs outputs = new Outputs();
    private final PieceBytes pieceBytes = new PieceBytes(64L << 20, Duration.ofMinutes(1));

    public DownloadService(
            TaskEngine engine,
            LocalTasks tasks,
            Schedulers schedulers,
            TaskPrefetcher prefetcher,
            DfdaemonMetrics metrics) {
        this.engine = engine;
        this.tasks = tasks;
        this.schedulers = schedulers;
        this.prefetcher = prefetcher;
        this.metrics = metrics;
    }

    /** The service as a server takes it. */
    public BindableService streaming() {
        return PieceStream.streaming(this);
    }

    @Override
    public void downloadTask(
            DownloadTaskRequest request, StreamObserver<DownloadTaskResponse> out) {
        Download download = request.getDownload();
        var metric = metrics.download(download);
        long bytes = 0;
        boolean well = false;
        try {
            if (!request.hasDownload()) {
                throw UploadService.missingDownload();
            }
            bytes =
                    run(
                            TaskRequest.of(download),
                            (ServerCallStreamObserver<DownloadTaskResponse>) out);
            well = true;
            out.onCompleted();
        } catch (CancellationException e) {
            LOG.debug("the caller of a download went away");
        } catch (InterruptedException e) {
            out.onError(Status.CANCELLED.asRuntimeException());
        } catch (Exception e) {
            LOG.debug("a download failed", e);
            out.onError(ErrorDetails.forTool(e));
        } finally {
            metric.end(bytes, well);
        }
    }

    /** Returns how many bytes it was about. */
    private long run(TaskRequest task, ServerCallStreamObserver<DownloadTaskResponse> out)
            throws Exception {
        if (!task.download().hasOutputPath()) {
            try (TaskSession session = engine.begin(task)) {
                run(task, session, Optional.empty(), out);
                return session.span().length();
            }
        }
        try (var output = new DownloadOutput(task.download(), outputs, CallerRights.current())) {
            output.check(TaskEngine.taskId(task.download()));
            try (TaskSession session = engine.begin(task)) {
                run(task, session, Optional.of(output), out);
                return session.span().length();
            } catch (CancellationException e) {
                Deadline deadline = Context.current().getDeadline();
                if (deadline == null || !deadline.isExpired()) {
                    output.abandoned();
                }
                throw e;
            }
        }
    }

    private void run(
            TaskRequest task,
            TaskSession session,
            Optional<DownloadOutput> output,
            ServerCallStreamObserver<DownloadTaskResponse> out)
            throws Exception {
        boolean whole = session.range().isEmpty();
        try {
            if (!whole && task.download().getPrefetch()) {
                prefetcher.begin(task);
            }
            if (output.isPresent() && whole) {
                output.get().reserve(session.stored());
            }
            new TaskStreams(engine, pieceBytes)
                    .send(session, out, task.download().getNeedPieceContent());
            if (out.isCancelled()) {
                throw new CancellationException("the caller went away");
            }
            if (output.isPresent() && whole) {
                output.get().place(session.stored());
            }
            session.succeeded();
        } catch (CancellationException e) {
            session.abandoned();
            throw e;
        } catch (Exception e) {
            session.fail(e);
            throw e;
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
    public void listLocalTasks(
            ListLocalTasksRequest request, StreamObserver<ListLocalTasksResponse> out) {
        Calls.answer(out, tasks::list);
    }

    @Override
    public void deleteTask(DeleteTaskRequest request, StreamObserver<Empty> out) {
        metrics.deleteTask();
        Calls.answer(
                out,
                () -> {
                    tasks.deleteEverywhere(request.getTaskId());
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public void deleteLocalTask(DeleteLocalTaskRequest request, StreamObserver<Empty> out) {
        Calls.answer(
                out,
                () -> {
                    tasks.delete(request.getTaskId());
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public void deleteHost(Empty request, StreamObserver<Empty> out) {
        Calls.answer(
                out,
                () -> {
                    schedulers.deleteHost();
                    return Empty.getDefaultInstance();
                });
    }
}
