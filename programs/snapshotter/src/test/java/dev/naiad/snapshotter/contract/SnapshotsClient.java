package dev.naiad.snapshotter.contract;

import dev.naiad.containerdapi.snapshots.CleanupRequest;
import dev.naiad.containerdapi.snapshots.CommitSnapshotRequest;
import dev.naiad.containerdapi.snapshots.Info;
import dev.naiad.containerdapi.snapshots.ListSnapshotsRequest;
import dev.naiad.containerdapi.snapshots.MountsRequest;
import dev.naiad.containerdapi.snapshots.PrepareSnapshotRequest;
import dev.naiad.containerdapi.snapshots.RemoveSnapshotRequest;
import dev.naiad.containerdapi.snapshots.SnapshotsGrpc;
import dev.naiad.containerdapi.snapshots.StatSnapshotRequest;
import dev.naiad.containerdapi.snapshots.UpdateSnapshotRequest;
import dev.naiad.containerdapi.snapshots.UsageRequest;
import dev.naiad.containerdapi.snapshots.UsageResponse;
import dev.naiad.containerdapi.snapshots.ViewSnapshotRequest;
import dev.naiad.containerdapi.types.Mount;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Calls a snapshotter as containerd does, and prints mounts so that they can be compared. */
final class SnapshotsClient implements AutoCloseable {
    private static final String NAME = "nydus";
    private final EventLoops loops = new EventLoops("test", 1);
    private final GrpcChannel channel;

    SnapshotsClient(Path socket) {
        channel = GrpcChannel.open(Endpoint.unix(socket), loops);
    }

    private SnapshotsGrpc.SnapshotsBlockingStub call() {
        return SnapshotsGrpc.newBlockingStub(channel.channel())
                .withDeadlineAfter(90, TimeUnit.SECONDS);
    }

    String prepare(String key, String parent, Map<String, String> labels) {
        return text(
                call().prepare(
                                PrepareSnapshotRequest.newBuilder()
                                        .setSnapshotter(NAME)
                                        .setKey(key)
                                        .setParent(parent)
                                        .putAllLabels(labels)
                                        .build())
                        .getMountsList());
    }

    String view(String key, String parent) {
        return text(
                call().view(
                                ViewSnapshotRequest.newBuilder()
                                        .setSnapshotter(NAME)
                                        .setKey(key)
                                        .setParent(parent)
                                        .build())
                        .getMountsList());
    }

    String mounts(String key) {
        return text(
                call().mounts(MountsRequest.newBuilder().setSnapshotter(NAME).setKey(key).build())
                        .getMountsList());
    }

    void commit(String name, String key, Map<String, String> labels) {
        var done =
                call().commit(
                                CommitSnapshotRequest.newBuilder()
                                        .setSnapshotter(NAME)
                                        .setName(name)
                                        .setKey(key)
                                        .putAllLabels(labels)
                                        .build());
        if (!done.isInitialized()) {
            throw new IllegalStateException();
        }
    }

    void remove(String key) {
        var done =
                call().remove(
                                RemoveSnapshotRequest.newBuilder()
                                        .setSnapshotter(NAME)
                                        .setKey(key)
                                        .build());
        if (!done.isInitialized()) {
            throw new IllegalStateException();
        }
    }

    void cleanup() {
        var done = call().cleanup(CleanupRequest.newBuilder().setSnapshotter(NAME).build());
        if (!done.isInitialized()) {
            throw new IllegalStateException();
        }
    }

    Info stat(String key) {
        return call().stat(
                        StatSnapshotRequest.newBuilder().setSnapshotter(NAME).setKey(key).build())
                .getInfo();
    }

    Info update(String name, Map<String, String> labels, String... paths) {
        var request =
                UpdateSnapshotRequest.newBuilder()
                        .setSnapshotter(NAME)
                        .setInfo(Info.newBuilder().setName(name).putAllLabels(labels));
        request.getUpdateMaskBuilder().addAllPaths(List.of(paths));
        return call().update(request.build()).getInfo();
    }

    UsageResponse usage(String key) {
        return call().usage(UsageRequest.newBuilder().setSnapshotter(NAME).setKey(key).build());
    }

    List<Info> list(String... filters) {
        var found = new ArrayList<Info>();
        call().list(
                        ListSnapshotsRequest.newBuilder()
                                .setSnapshotter(NAME)
                                .addAllFilters(List.of(filters))
                                .build())
                .forEachRemaining(batch -> found.addAll(batch.getInfoList()));
        return found;
    }

    List<String> names(String... filters) {
        return list(filters).stream().map(Info::getName).toList();
    }

    private static String text(List<Mount> mounts) {
        var text = new StringBuilder();
        for (Mount mount : mounts) {
            text.append(mount.getType())
                    .append(' ')
                    .append(mount.getSource())
                    .append(' ')
                    .append(String.join(",", mount.getOptionsList()))
                    .append('\n');
        }
        return text.toString().stripTrailing();
    }

    @Override
    public void close() {
        channel.close();
        loops.close();
    }
}
