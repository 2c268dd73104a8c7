package dev.naiad.snapshotter.snapshots;

import com.google.protobuf.Empty;
import com.google.protobuf.Timestamp;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.containerdapi.snapshots.CleanupRequest;
import dev.naiad.containerdapi.snapshots.CommitSnapshotRequest;
import dev.naiad.containerdapi.snapshots.Info;
import dev.naiad.containerdapi.snapshots.Kind;
import dev.naiad.containerdapi.snapshots.ListSnapshotsRequest;
import dev.naiad.containerdapi.snapshots.ListSnapshotsResponse;
import dev.naiad.containerdapi.snapshots.MountsRequest;
import dev.naiad.containerdapi.snapshots.MountsResponse;
import dev.naiad.containerdapi.snapshots.PrepareSnapshotRequest;
import dev.naiad.containerdapi.snapshots.PrepareSnapshotResponse;
import dev.naiad.containerdapi.snapshots.RemoveSnapshotRequest;
import dev.naiad.containerdapi.snapshots.SnapshotsGrpc;
import dev.naiad.containerdapi.snapshots.StatSnapshotRequest;
import dev.naiad.containerdapi.snapshots.StatSnapshotResponse;
import dev.naiad.containerdapi.snapshots.UpdateSnapshotRequest;
import dev.naiad.containerdapi.snapshots.UpdateSnapshotResponse;
import dev.naiad.containerdapi.snapshots.UsageRequest;
import dev.naiad.containerdapi.snapshots.UsageResponse;
import dev.naiad.containerdapi.snapshots.ViewSnapshotRequest;
import dev.naiad.containerdapi.snapshots.ViewSnapshotResponse;
import dev.naiad.containerdapi.types.Mount;
import dev.naiad.net.grpc.GrpcStatus;
import dev.naiad.snapshotter.store.SnapshotInfo;
import dev.naiad.snapshotter.store.SnapshotKind;
import dev.naiad.snapshotter.store.Usage;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code containerd.services.snapshots.v1.Snapshots} over a {@link Snapshotter}. Calls run on the
 * executor given, which must have platform threads: they walk directories and wait for daemons.
 */
public final class SnapshotsService extends SnapshotsGrpc.SnapshotsImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotsService.class);
    private static final int LIST_BATCH = 100;

    /** Measures calls by their name, as {@code PREPARE}. */
    public interface Timing {
        /** How long a call took, failed or not. */
        void took(String operation, double millis);
    }

    private final Snapshotter snapshotter;
    private final Executor workers;
    private final Timing timing;

    public SnapshotsService(Snapshotter snapshotter, Executor workers, Timing timing) {
        this.snapshotter = snapshotter;
        this.workers = workers;
        this.timing = timing;
    }

    @Override
    public void prepare(
            PrepareSnapshotRequest request, StreamObserver<PrepareSnapshotResponse> answer) {
        serve(
                "Prepare",
                request.getKey(),
                answer,
                () ->
                        PrepareSnapshotResponse.newBuilder()
                                .addAllMounts(
                                        mounts(
                                                snapshotter.prepare(
                                                        request.getKey(),
                                                        request.getParent(),
                                                        request.getLabelsMap())))
                                .build());
    }

    @Override
    public void view(ViewSnapshotRequest request, StreamObserver<ViewSnapshotResponse> answer) {
        serve(
                "View",
                request.getKey(),
                answer,
                () ->
                        ViewSnapshotResponse.newBuilder()
                                .addAllMounts(
                                        mounts(
                                                snapshotter.view(
                                                        request.getKey(),
                                                        request.getParent(),
                                                        request.getLabelsMap())))
                                .build());
    }

    @Override
    public void mounts(MountsRequest request, StreamObserver<MountsResponse> answer) {
        serve(
                "Mounts",
                request.getKey(),
                answer,
                () ->
                        MountsResponse.newBuilder()
                                .addAllMounts(mounts(snapshotter.mounts(request.getKey())))
                                .build());
    }

    @Override
    public void commit(CommitSnapshotRequest request, StreamObserver<Empty> answer) {
        serve(
                "Commit",
                request.getKey(),
                answer,
                () -> {
                    snapshotter.commit(request.getKey(), request.getName(), request.getLabelsMap());
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public void remove(RemoveSnapshotRequest request, StreamObserver<Empty> answer) {
        serve(
                "Remove",
                request.getKey(),
                answer,
                () -> {
                    snapshotter.remove(request.getKey());
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public void stat(StatSnapshotRequest request, StreamObserver<StatSnapshotResponse> answer) {
        serve(
                "Stat",
                request.getKey(),
                answer,
                () ->
                        StatSnapshotResponse.newBuilder()
                                .setInfo(info(snapshotter.stat(request.getKey())))
                                .build());
    }

    @Override
    public void update(
            UpdateSnapshotRequest request, StreamObserver<UpdateSnapshotResponse> answer) {
        serve(
                "Update",
                request.getInfo().getName(),
                answer,
                () ->
                        UpdateSnapshotResponse.newBuilder()
                                .setInfo(
                                        info(
                                                snapshotter.update(
                                                        wanted(request.getInfo()),
                                                        request.getUpdateMask().getPathsList())))
                                .build());
    }

    /** Only the name and the labels of an update count. */
    private static SnapshotInfo wanted(Info info) {
        return new SnapshotInfo(
                info.getName(),
                info.getParent(),
                SnapshotKind.ACTIVE,
                Instant.EPOCH,
                Instant.EPOCH,
                info.getLabelsMap());
    }

    @Override
    public void list(ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> answer) {
        workers.execute(
                () -> {
                    try {
                        Predicate<SnapshotInfo> filter = ListFilter.parse(request.getFiltersList());
                        List<SnapshotInfo> found = snapshotter.list(filter);
                        for (int from = 0; from < found.size(); from += LIST_BATCH) {
                            var batch = ListSnapshotsResponse.newBuilder();
                            found.subList(from, Math.min(from + LIST_BATCH, found.size()))
                                    .forEach(one -> batch.addInfo(info(one)));
                            answer.onNext(batch.build());
                        }
                        answer.onCompleted();
                    } catch (RuntimeException e) {
                        LOG.atWarn().addKeyValue("error", e.getMessage()).log("List failed");
                        answer.onError(status(e).asRuntimeException());
                    }
                });
    }

    @Override
    public void usage(UsageRequest request, StreamObserver<UsageResponse> answer) {
        serve(
                "Usage",
                request.getKey(),
                answer,
                () -> {
                    Usage usage = snapshotter.usage(request.getKey());
                    return UsageResponse.newBuilder()
                            .setSize(usage.size())
                            .setInodes(usage.inodes())
                            .build();
                });
    }

    @Override
    public void cleanup(CleanupRequest request, StreamObserver<Empty> answer) {
        serve(
                "Cleanup",
                "",
                answer,
                () -> {
                    snapshotter.cleanup();
                    return Empty.getDefaultInstance();
                });
    }

    private <T> void serve(
            String operation, String key, StreamObserver<T> answer, Supplier<T> call) {
        workers.execute(
                () -> {
                    long start = System.nanoTime();
                    T result;
                    try {
                        result = call.get();
                    } catch (RuntimeException e) {
                        report(operation, key, e);
                        answer.onError(status(e).asRuntimeException());
                        return;
                    } finally {
                        timing.took(
                                operation.toUpperCase(java.util.Locale.ROOT),
                                (System.nanoTime() - start) / 1e6);
                    }
                    LOG.debug("{} {}", operation, key);
                    answer.onNext(result);
                    answer.onCompleted();
                });
    }

    /** What a client's question answers is no news; what went wrong here is. */
    private static void report(String operation, String key, RuntimeException e) {
        if (e instanceof NaiadException known) {
            boolean expected =
                    switch (known.kind()) {
                        case NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, INVALID_ARGUMENT ->
                                true;
                        case PERMISSION_DENIED,
                                UNAUTHENTICATED,
                                RESOURCE_EXHAUSTED,
                                NO_SPACE,
                                ABORTED,
                                OUT_OF_RANGE,
                                UNIMPLEMENTED,
                                INTERNAL,
                                UNAVAILABLE,
                                DATA_LOSS,
                                DEADLINE_EXCEEDED,
                                CANCELLED ->
                                false;
                    };
            var line = expected && !"Prepare".equals(operation) ? LOG.atDebug() : LOG.atWarn();
            if (known.kind() == ErrorKind.ALREADY_EXISTS) {
                line = LOG.atDebug();
            }
            line.addKeyValue("key", key)
                    .addKeyValue("error", e.getMessage())
                    .log(operation + " failed");
        } else {
            LOG.error("{} {} failed", operation, key, e);
        }
    }

    /**
     * compat: the original answers UNKNOWN for whatever has no class of its own, and containerd's
     * texts expect it.
     */
    static Status status(RuntimeException failure) {
        if (failure instanceof NaiadException known) {
            Status status =
                    switch (known.kind()) {
                        case INTERNAL, NO_SPACE, DATA_LOSS -> Status.UNKNOWN;
                        case INVALID_ARGUMENT,
                                NOT_FOUND,
                                ALREADY_EXISTS,
                                PERMISSION_DENIED,
                                UNAUTHENTICATED,
                                RESOURCE_EXHAUSTED,
                                FAILED_PRECONDITION,
                                ABORTED,
                                OUT_OF_RANGE,
                                UNIMPLEMENTED,
                                UNAVAILABLE,
                                DEADLINE_EXCEEDED,
                                CANCELLED ->
                                GrpcStatus.of(known.kind());
                    };
            return status.withDescription(known.getMessage());
        }
        return Status.UNKNOWN.withDescription(failure.toString());
    }

    private static List<Mount> mounts(List<MountSpec> specs) {
        return specs.stream()
                .map(
                        spec ->
                                Mount.newBuilder()
                                        .setType(spec.type())
                                        .setSource(spec.source())
                                        .addAllOptions(spec.options())
                                        .build())
                .toList();
    }

    private static Info info(SnapshotInfo snapshot) {
        return Info.newBuilder()
                .setName(snapshot.name())
                .setParent(snapshot.parent())
                .setKind(kind(snapshot.kind()))
                .setCreatedAt(timestamp(snapshot.created()))
                .setUpdatedAt(timestamp(snapshot.updated()))
                .putAllLabels(snapshot.labels())
                .build();
    }

    private static Kind kind(SnapshotKind kind) {
        return switch (kind) {
            case VIEW -> Kind.VIEW;
            case ACTIVE -> Kind.ACTIVE;
            case COMMITTED -> Kind.COMMITTED;
        };
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }
}
