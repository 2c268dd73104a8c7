package dev.naiad.snapshotter.snapshots;

import dev.naiad.snapshotter.store.ActiveSnapshot;
import dev.naiad.snapshotter.store.SnapshotKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The mounts of plain and of lazily loaded snapshots. The order of the options is compared by
 * users' tools.
 */
final class MountShapes {
    private static final String OVERLAY = "overlay";
    private static final String NYDUS_OVERLAY = "fuse.nydus-overlayfs";

    private final Layout layout;

    MountShapes(Layout layout) {
        this.layout = layout;
    }

    /**
     * Directories of this snapshotter only: a bind mount for a base or a view of one layer, else an
     * overlay.
     */
    MountSpec plain(ActiveSnapshot snapshot, boolean isVolatile) {
        boolean active = snapshot.kind() == SnapshotKind.ACTIVE;
        List<Long> parents = snapshot.parentIds();
        if (parents.isEmpty()) {
            return bind(layout.fs(snapshot.id()), active ? "rw" : "ro");
        }
        if (!active && parents.size() == 1) {
            return bind(layout.fs(parents.getFirst()), "ro");
        }
        var options = new ArrayList<String>();
        if (active) {
            options.add("workdir=" + layout.work(snapshot.id()));
            options.add("upperdir=" + layout.fs(snapshot.id()));
            if (isVolatile) {
                options.add("volatile");
            }
        }
        options.add(
                "lowerdir="
                        + parents.stream()
                                .map(id -> layout.fs(id).toString())
                                .collect(Collectors.joining(":")));
        return new MountSpec(OVERLAY, OVERLAY, options);
    }

    private static MountSpec bind(Path source, String access) {
        return new MountSpec("bind", source.toString(), List.of(access, "rbind"));
    }

    /**
     * A snapshot above a lazily loaded tree.
     *
     * @param above layers that lie over the tree, the topmost first
     * @param extra further options such as {@code extraoption=…}; if there is one the mount goes
     *     through a helper
     */
    MountSpec lazy(
            ActiveSnapshot snapshot,
            List<Path> above,
            Path tree,
            boolean isVolatile,
            boolean helper,
            List<String> extra) {
        String lower = above.stream().map(path -> path + ":").collect(Collectors.joining()) + tree;
        var options = new ArrayList<String>();
        if (snapshot.kind() == SnapshotKind.ACTIVE) {
            if (isVolatile) {
                options.add("volatile");
            }
            options.add("workdir=" + layout.work(snapshot.id()));
            options.add("upperdir=" + layout.fs(snapshot.id()));
            options.add("lowerdir=" + lower);
        } else {
            // An overlay needs two lower directories: the view's own empty one is the second.
            options.add("lowerdir=" + lower + ":" + layout.fs(snapshot.id()));
        }
        options.addAll(extra);
        return new MountSpec(helper ? NYDUS_OVERLAY : OVERLAY, OVERLAY, options);
    }
}
