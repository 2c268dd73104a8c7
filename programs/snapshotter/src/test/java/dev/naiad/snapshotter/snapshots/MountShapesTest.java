package dev.naiad.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.snapshotter.store.ActiveSnapshot;
import dev.naiad.snapshotter.store.SnapshotKind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MountShapesTest {
    private final MountShapes shapes = new MountShapes(new Layout(Path.of("/r")));

    private static ActiveSnapshot snapshot(SnapshotKind kind, Long... parents) {
        return new ActiveSnapshot(9, kind, List.of(parents));
    }

    @Test
    void plainSnapshots() {
        assertThat(shapes.plain(snapshot(SnapshotKind.ACTIVE), false))
                .isEqualTo(new MountSpec("bind", "/r/snapshots/9/fs", List.of("rw", "rbind")));
        assertThat(shapes.plain(snapshot(SnapshotKind.VIEW), false))
                .isEqualTo(new MountSpec("bind", "/r/snapshots/9/fs", List.of("ro", "rbind")));
        assertThat(shapes.plain(snapshot(SnapshotKind.VIEW, 5L), false))
                .as("a view of one layer shows that layer")
                .isEqualTo(new MountSpec("bind", "/r/snapshots/5/fs", List.of("ro", "rbind")));
        assertThat(shapes.plain(snapshot(SnapshotKind.VIEW, 5L, 4L), false).options())
                .containsExactly("lowerdir=/r/snapshots/5/fs:/r/snapshots/4/fs");
        assertThat(shapes.plain(snapshot(SnapshotKind.ACTIVE, 5L, 4L), true).options())
                .containsExactly(
                        "workdir=/r/snapshots/9/work",
                        "upperdir=/r/snapshots/9/fs",
                        "volatile",
                        "lowerdir=/r/snapshots/5/fs:/r/snapshots/4/fs");
    }

    @Test
    void lazySnapshots() {
        Path tree = Path.of("/r/snapshots/5/mnt");
        assertThat(
                        shapes.lazy(
                                snapshot(SnapshotKind.ACTIVE, 5L),
                                List.of(),
                                tree,
                                true,
                                false,
                                List.of()))
                .isEqualTo(
                        new MountSpec(
                                "overlay",
                                "overlay",
                                List.of(
                                        "volatile",
                                        "workdir=/r/snapshots/9/work",
                                        "upperdir=/r/snapshots/9/fs",
                                        "lowerdir=/r/snapshots/5/mnt")));
        assertThat(
                        shapes.lazy(
                                snapshot(SnapshotKind.VIEW, 6L, 5L),
                                List.of(Path.of("/r/snapshots/6/fs")),
                                tree,
                                false,
                                true,
                                List.of("extraoption=e30=")))
                .isEqualTo(
                        new MountSpec(
                                "fuse.nydus-overlayfs",
                                "overlay",
                                List.of(
                                        "lowerdir=/r/snapshots/6/fs:/r/snapshots/5/mnt:/r/snapshots/9/fs",
                                        "extraoption=e30=")));
    }
}
