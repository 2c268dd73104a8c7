package dev.naiad.e2e.containerd;

import dev.naiad.base.bytes.Digest;
import dev.naiad.containerdapi.diff.ApplyRequest;
import dev.naiad.containerdapi.diff.DiffGrpc;
import dev.naiad.containerdapi.images.Descriptor;
import dev.naiad.containerdapi.snapshots.CommitSnapshotRequest;
import dev.naiad.containerdapi.snapshots.PrepareSnapshotRequest;
import dev.naiad.containerdapi.snapshots.RemoveSnapshotRequest;
import dev.naiad.containerdapi.snapshots.SnapshotsGrpc;
import dev.naiad.containerdapi.snapshots.StatSnapshotRequest;
import dev.naiad.containerdapi.types.Mount;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Turns an image's layers into snapshots, lowest first, with the labels that CRI sends: a
 * snapshotter that can serve a layer without its content answers "already exists", and the layer is
 * not downloaded. Not for several threads.
 */
final class Unpacker {
    private static final String PREFIX = "containerd.io/snapshot/";
    private static final String TARGET = "containerd.io/snapshot.ref";
    private static final int LABEL_BYTES = 4096;

    private final Containerd containerd;
    private final String lease;
    private final String snapshotter;
    private final String reference;
    private final PulledManifest manifest;

    /** Downloads layers. */
    interface Downloads {
        /** Starts the download of all layers from this one on, unless it was called before. */
        void startFrom(int layer);

        /** Waits until the layer is in the content store. */
        void await(int layer) throws IOException;
    }

    Unpacker(
            Containerd containerd,
            String lease,
            String snapshotter,
            String reference,
            PulledManifest manifest) {
        this.containerd = containerd;
        this.lease = lease;
        this.snapshotter = snapshotter;
        this.reference = reference;
        this.manifest = manifest;
    }

    /** Makes the snapshots; returns the topmost one's name. */
    String unpack(List<String> diffIds, Downloads downloads) throws IOException {
        if (diffIds.size() != manifest.layers().size()) {
            throw new IOException(
                    "%s has %d layers and %d diff ids"
                            .formatted(reference, manifest.layers().size(), diffIds.size()));
        }
        var parent = "";
        for (int i = 0; i < diffIds.size(); i++) {
            var chain = chainId(parent, diffIds.get(i));
            try {
                unpack(i, parent, chain, diffIds.get(i), downloads);
            } catch (StatusException e) {
                throw new IOException("containerd: layer " + i + " of " + reference, e);
            }
            parent = chain;
        }
        return parent;
    }

    /** The name of a layer's snapshot, which identifies the layer and all layers below it. */
    static String chainId(String parent, String diffId) {
        return parent.isEmpty()
                ? diffId
                : Digest.sha256Of((parent + " " + diffId).getBytes(StandardCharsets.UTF_8))
                        .toString();
    }

    private void unpack(int i, String parent, String chain, String diffId, Downloads downloads)
            throws IOException, StatusException {
        if (exists(chain)) {
            return;
        }
        var key = "extract-" + lease + "-" + i + " " + chain;
        var labels = labels(i, chain);
        var mounts = prepare(key, parent, labels);
        if (mounts.isEmpty()) {
            if (!exists(chain)) {
                throw new IOException(
                        snapshotter + " says that " + chain + " exists, and does not know it");
            }
            return;
        }
        try {
            downloads.startFrom(i);
            downloads.await(i);
            apply(manifest.layers().get(i), diffId, mounts.get());
            var _ =
                    snapshots()
                            .commit(
                                    CommitSnapshotRequest.newBuilder()
                                            .setSnapshotter(snapshotter)
                                            .setName(chain)
                                            .setKey(key)
                                            .putAllLabels(labels)
                                            .build());
        } catch (IOException | StatusException failure) {
            discard(key, failure);
            throw failure;
        }
    }

    private void apply(Descriptor layer, String diffId, List<Mount> mounts)
            throws IOException, StatusException {
        var applied =
                containerd
                        .stub(DiffGrpc::newBlockingV2Stub, lease)
                        .apply(
                                ApplyRequest.newBuilder()
                                        .setDiff(layer)
                                        .addAllMounts(mounts)
                                        .build())
                        .getApplied()
                        .getDigest();
        if (!applied.equals(diffId)) {
            throw new IOException(
                    "layer %s unpacks to %s; the image's configuration says %s"
                            .formatted(layer.getDigest(), applied, diffId));
        }
    }

    private void discard(String key, Exception failure) {
        try {
            var _ =
                    snapshots()
                            .remove(
                                    RemoveSnapshotRequest.newBuilder()
                                            .setSnapshotter(snapshotter)
                                            .setKey(key)
                                            .build());
        } catch (StatusException another) {
            failure.addSuppressed(another);
        }
    }

    /** Empty when the snapshot exists already. */
    private Optional<List<Mount>> prepare(String key, String parent, Map<String, String> labels)
            throws StatusException {
        try {
            return Optional.of(
                    snapshots()
                            .prepare(
                                    PrepareSnapshotRequest.newBuilder()
                                            .setSnapshotter(snapshotter)
                                            .setKey(key)
                                            .setParent(parent)
                                            .putAllLabels(labels)
                                            .build())
                            .getMountsList());
        } catch (StatusException e) {
            if (e.getStatus().getCode() == Status.Code.ALREADY_EXISTS) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private boolean exists(String name) throws StatusException {
        try {
            var _ =
                    snapshots()
                            .stat(
                                    StatSnapshotRequest.newBuilder()
                                            .setSnapshotter(snapshotter)
                                            .setKey(name)
                                            .build());
            return true;
        } catch (StatusException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    private SnapshotsGrpc.SnapshotsBlockingV2Stub snapshots() {
        return containerd.stub(SnapshotsGrpc::newBlockingV2Stub, lease);
    }

    /** The layer's annotations that are meant for snapshotters, and what CRI adds. */
    private Map<String, String> labels(int i, String chain) {
        var layer = manifest.layers().get(i);
        var labels = new LinkedHashMap<String, String>();
        layer.getAnnotationsMap()
                .forEach(
                        (key, value) -> {
                            if (key.startsWith(PREFIX)) {
                                labels.put(key, value);
                            }
                        });
        labels.put(TARGET, chain);
        labels.put(PREFIX + "cri.image-ref", reference);
        labels.put(PREFIX + "cri.layer-digest", layer.getDigest());
        labels.put(PREFIX + "cri.image-layers", layersFrom(i));
        labels.put(PREFIX + "cri.manifest-digest", manifest.self().getDigest());
        return labels;
    }

    /** This layer and those above it, as many as fit into a label. */
    private String layersFrom(int i) {
        int room = LABEL_BYTES - (PREFIX + "cri.image-layers").length();
        var text = new StringBuilder();
        for (var layer : manifest.layers().subList(i, manifest.layers().size())) {
            var more = (text.isEmpty() ? "" : ",") + layer.getDigest();
            if (text.length() + more.length() > room) {
                break;
            }
            text.append(more);
        }
        return text.toString();
    }
}
