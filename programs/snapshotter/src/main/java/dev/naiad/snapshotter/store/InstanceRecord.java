package dev.naiad.snapshotter.store;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import java.util.Map;
import java.util.TreeMap;

/**
 * One mounted image in nydus.db. {@code sequence} orders the mounts of a shared daemon, {@code
 * snapshotDir} is the directory of the bootstrap layer, {@code mountpoint} where the image's tree
 * appears.
 */
public record InstanceRecord(
        long sequence,
        String imageId,
        String daemonId,
        String fsDriver,
        String snapshotId,
        String snapshotDir,
        String mountpoint,
        Map<String, String> annotations) {
    public InstanceRecord {
        annotations = java.util.Collections.unmodifiableMap(new TreeMap<>(annotations));
    }

    InstanceRecord withSequence(long number) {
        return new InstanceRecord(
                number,
                imageId,
                daemonId,
                fsDriver,
                snapshotId,
                snapshotDir,
                mountpoint,
                annotations);
    }

    String toJson() {
        return JsonWriter.compact()
                .likeGo()
                .object()
                .put("Seq", sequence)
                .put("ImageID", imageId)
                .put("DaemonID", daemonId)
                .put("FsDriver", fsDriver)
                .put("SnapshotID", snapshotId)
                .put("SnapshotDir", snapshotDir)
                .put("Mountpoint", mountpoint)
                .put("Annotations", annotations)
                .end()
                .toString();
    }

    static InstanceRecord of(ConfigNode node, Problems problems) {
        return new InstanceRecord(
                node.get("Seq").integer(problems, 0, 0, Long.MAX_VALUE),
                node.get("ImageID").string(problems, ""),
                node.get("DaemonID").requiredString(problems),
                node.get("FsDriver").string(problems, "fusedev"),
                node.get("SnapshotID").requiredString(problems),
                node.get("SnapshotDir").string(problems, ""),
                node.get("Mountpoint").string(problems, ""),
                node.get("Annotations").stringMap(problems));
    }
}
