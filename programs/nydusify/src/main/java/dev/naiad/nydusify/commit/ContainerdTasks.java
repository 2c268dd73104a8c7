package dev.naiad.nydusify.commit;

import com.google.protobuf.FieldMask;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.containerdapi.containers.Container;
import dev.naiad.containerdapi.containers.ContainersGrpc;
import dev.naiad.containerdapi.containers.ListContainersRequest;
import dev.naiad.containerdapi.containers.UpdateContainerRequest;
import dev.naiad.containerdapi.images.GetImageRequest;
import dev.naiad.containerdapi.images.ImagesGrpc;
import dev.naiad.containerdapi.snapshots.MountsRequest;
import dev.naiad.containerdapi.snapshots.SnapshotsGrpc;
import dev.naiad.containerdapi.tasks.GetRequest;
import dev.naiad.containerdapi.tasks.PauseTaskRequest;
import dev.naiad.containerdapi.tasks.Process;
import dev.naiad.containerdapi.tasks.ResumeTaskRequest;
import dev.naiad.containerdapi.tasks.Status;
import dev.naiad.containerdapi.tasks.TasksGrpc;
import dev.naiad.containerdapi.types.Mount;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.grpc.GrpcStatus;
import dev.naiad.net.wire.Endpoint;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The calls of containerd that a commit needs, in one namespace. */
final class ContainerdTasks implements AutoCloseable {
    private static final int SECONDS = 30;
    private static final String UPPER = "upperdir=";

    private final EventLoops loops;
    private final GrpcChannel channel;
    private final Metadata namespace = new Metadata();

    /** Connects with the first call. */
    ContainerdTasks(Path socket, String namespace) {
        if (Files.notExists(socket)) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND,
                    "containerd does not listen on "
                            + socket
                            + "; name its socket with --containerd-address");
        }
        this.namespace.put(
                Metadata.Key.of("containerd-namespace", Metadata.ASCII_STRING_MARSHALLER),
                namespace);
        this.loops = new EventLoops("containerd", 1);
        this.channel = GrpcChannel.open(Endpoint.unix(socket), loops);
    }

    private <S extends AbstractStub<S>> S in(S stub) {
        return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(namespace))
                .withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    private static <T> T call(String what, Supplier<T> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            throw GrpcStatus.toException("containerd: " + what, e.getStatus());
        }
    }

    /** The container of that id, or the only one whose id begins so. */
    Container find(String id) {
        List<Container> all =
                call(
                        "containers",
                        () ->
                                in(ContainersGrpc.newBlockingStub(channel.channel()))
                                        .list(ListContainersRequest.getDefaultInstance())
                                        .getContainersList());
        List<Container> found =
                all.stream().filter(container -> container.getId().startsWith(id)).toList();
        Optional<Container> exact =
                found.stream().filter(container -> container.getId().equals(id)).findFirst();
        if (exact.isPresent()) {
            return exact.get();
        }
        if (found.size() != 1) {
            throw new NaiadException(
                    found.isEmpty() ? ErrorKind.NOT_FOUND : ErrorKind.INVALID_ARGUMENT,
                    found.isEmpty()
                            ? "there is no container " + id
                            : found.size() + " containers have an id that begins with " + id);
        }
        return found.getFirst();
    }

    /** Process id of a running container. */
    int pid(String id) {
        var process = process(id);
        if (process.getStatus() != Status.RUNNING || process.getPid() == 0) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    "container " + id + " is not running but " + process.getStatus());
        }
        return process.getPid();
    }

    /** Whether a container's processes run; empty if it has none. */
    Optional<Status> status(String id) {
        try {
            return Optional.of(process(id).getStatus());
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private Process process(String id) {
        return call(
                "task " + id,
                () ->
                        in(TasksGrpc.newBlockingStub(channel.channel()))
                                .get(GetRequest.newBuilder().setContainerId(id).build())
                                .getProcess());
    }

    /** Sets a label of a container, or takes it away; the others stay. */
    void label(String id, String name, Optional<String> value) {
        Container now = find(id);
        var labels = new HashMap<>(now.getLabelsMap());
        value.ifPresentOrElse(text -> labels.put(name, text), () -> labels.remove(name));
        if (labels.equals(now.getLabelsMap())) {
            return;
        }
        var request =
                UpdateContainerRequest.newBuilder()
                        .setContainer(Container.newBuilder().setId(id).putAllLabels(labels))
                        .setUpdateMask(FieldMask.newBuilder().addPaths("labels"));
        var _ =
                call(
                        "labels of " + id,
                        () ->
                                in(ContainersGrpc.newBlockingStub(channel.channel()))
                                        .update(request.build()));
    }

    /** Digest of what an image's name stands for. */
    Optional<String> digest(String image) {
        try {
            String digest =
                    call(
                            "image " + image,
                            () ->
                                    in(ImagesGrpc.newBlockingStub(channel.channel()))
                                            .get(
                                                    GetImageRequest.newBuilder()
                                                            .setName(image)
                                                            .build())
                                            .getImage()
                                            .getTarget()
                                            .getDigest());
            return Optional.of(digest).filter(text -> !text.isEmpty());
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The directory that takes what a container changes. */
    Path upper(Container container) {
        List<Mount> mounts =
                call(
                        "snapshot " + container.getSnapshotKey(),
                        () ->
                                in(SnapshotsGrpc.newBlockingStub(channel.channel()))
                                        .mounts(
                                                MountsRequest.newBuilder()
                                                        .setSnapshotter(container.getSnapshotter())
                                                        .setKey(container.getSnapshotKey())
                                                        .build())
                                        .getMountsList());
        return mounts.stream()
                .flatMap(mount -> mount.getOptionsList().stream())
                .filter(option -> option.startsWith(UPPER))
                .map(option -> Path.of(option.substring(UPPER.length())))
                .findFirst()
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.FAILED_PRECONDITION,
                                        "container "
                                                + container.getId()
                                                + " has no directory of changes: "
                                                + mounts));
    }

    void pause(String id) {
        var _ =
                call(
                        "pause of " + id,
                        () ->
                                in(TasksGrpc.newBlockingStub(channel.channel()))
                                        .pause(
                                                PauseTaskRequest.newBuilder()
                                                        .setContainerId(id)
                                                        .build()));
    }

    void resume(String id) {
        var _ =
                call(
                        "resume of " + id,
                        () ->
                                in(TasksGrpc.newBlockingStub(channel.channel()))
                                        .resume(
                                                ResumeTaskRequest.newBuilder()
                                                        .setContainerId(id)
                                                        .build()));
    }

    @Override
    public void close() {
        try (loops) {
            channel.close();
        }
    }
}
