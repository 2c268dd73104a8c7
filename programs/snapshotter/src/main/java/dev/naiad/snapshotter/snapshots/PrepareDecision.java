package dev.naiad.snapshotter.snapshots;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.store.StoredSnapshot;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What to do with a snapshot that was just prepared: a pure function of labels, ancestors and
 * driver.
 */
sealed interface PrepareDecision {
    /** Native directories; containerd (or the container) fills them. */
    record Unpack() implements PrepareDecision {}

    /**
     * The layer's content comes from elsewhere: commit the snapshot under the name of its chain id
     * with these labels and answer "already exists", so that containerd does not fetch it.
     */
    record SkipLayer(String target, Map<String, String> labels) implements PrepareDecision {
        public SkipLayer {
            labels = Map.copyOf(labels);
        }
    }

    /** A container of a lazily loaded image: mount the tree described by this bootstrap layer. */
    record MountRafs(StoredSnapshot meta) implements PrepareDecision {}

    /** A container whose image is pulled inside the guest. */
    record MountProxy(StoredSnapshot parent) implements PrepareDecision {}

    /**
     * Decides for one snapshot.
     *
     * @param id number of the prepared snapshot, for the error text
     * @param labels what the client sent
     * @param ancestors the parent first
     */
    static PrepareDecision of(
            FsDriver driver, long id, Map<String, String> labels, List<StoredSnapshot> ancestors) {
        String target = labels.get(Labels.TARGET);
        if (target != null) {
            return ofLayer(driver, id, target, labels);
        }
        if (!ancestors.isEmpty()
                && ancestors.getFirst().info().labels().containsKey(Labels.NYDUS_PROXY_MODE)) {
            return new MountProxy(ancestors.getFirst());
        }
        for (StoredSnapshot ancestor : ancestors) {
            if (ancestor.info().labels().containsKey(Labels.NYDUS_BOOTSTRAP)) {
                return new MountRafs(ancestor);
            }
        }
        return new Unpack();
    }

    private static PrepareDecision ofLayer(
            FsDriver driver, long id, String target, Map<String, String> labels) {
        if (driver == FsDriver.PROXY) {
            if (labels.getOrDefault(Labels.LAYER_DIGEST, "").isEmpty()) {
                throw new NaiadException(
                        ErrorKind.INTERNAL, "missing CRI reference annotation for snapshot " + id);
            }
            var proxied = new TreeMap<>(labels);
            proxied.put(Labels.NYDUS_PROXY_MODE, "true");
            return new SkipLayer(target, proxied);
        }
        if (labels.containsKey(Labels.NYDUS_BOOTSTRAP)) {
            return new Unpack();
        }
        return labels.containsKey(Labels.NYDUS_BLOB) ? new SkipLayer(target, labels) : new Unpack();
    }
}
