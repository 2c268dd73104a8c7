package dev.naiad.nydusd.vfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.fuse.AttrOut;
import dev.naiad.fuse.DataOut;
import dev.naiad.fuse.DirOut;
import dev.naiad.fuse.EntryOut;
import dev.naiad.fuse.FuseFileSystem;
import dev.naiad.fuse.FuseName;
import dev.naiad.fuse.FuseResult;
import dev.naiad.fuse.ReadReply;
import dev.naiad.fuse.StatfsOut;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VfsTest {
    private final VfsMounts mounts = new VfsMounts(1000);
    private final Vfs vfs = new Vfs(mounts, Ticker.system());
    private final List<Stub> made = new ArrayList<>();

    /** A filesystem with a root (number 36) and one file (number 40) called {@code file}. */
    private static final class Stub implements MountedFileSystem {
        private final NodeSpace space;
        boolean closed;

        Stub(NodeSpace space) {
            this.space = space.withRoot(36);
        }

        @Override
        public int rootEntry(EntryOut out) {
            out.node(space.node(36), space.generation(), 1)
                    .ino(space.visibleInode(36))
                    .mode(0040755);
            return 0;
        }

        @Override
        public int lookup(long parent, FuseName name, EntryOut out) {
            if (space.number(parent) != 36 || !name.toString().equals("file")) {
                out.absent(1);
                return 0;
            }
            out.node(space.node(40), space.generation(), 1)
                    .ino(space.visibleInode(40))
                    .mode(0100644);
            return 0;
        }

        @Override
        public int getattr(long node, AttrOut out) {
            out.ino(space.visibleInode(space.number(node)));
            return 0;
        }

        @Override
        public int readlink(long node, DataOut out) {
            return FuseResult.EINVAL;
        }

        @Override
        public int read(long node, long offset, int size, ReadReply reply) {
            return FuseResult.EIO;
        }

        @Override
        public int readdir(long node, long offset, DirOut out) {
            return 0;
        }

        @Override
        public int getxattr(long node, FuseName name, DataOut out) {
            return FuseResult.ENODATA;
        }

        @Override
        public int listxattr(long node, DataOut out) {
            return 0;
        }

        @Override
        public int statfs(long node, StatfsOut out) {
            return 0;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private List<VfsMounts.StaleName> mount(String mountpoint) {
        return mounts.mount(
                mountpoint,
                new FsStats(mountpoint, FileStats.none()),
                space -> {
                    var stub = new Stub(space);
                    made.add(stub);
                    return stub;
                });
    }

    private static FuseName name(String text) {
        return FuseName.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private long lookup(long parent, String text) {
        var entry = EntryOut.detached();
        assertThat(vfs.lookup(parent, name(text), entry)).as(text).isZero();
        return entry.node();
    }

    private int lookupErrno(long parent, String text) {
        return vfs.lookup(parent, name(text), EntryOut.detached());
    }

    @Test
    void aFilesystemAtTheRootIsSeenAtNode1AndWithItsOwnInodes() {
        assertThat(mount("/")).isEmpty();
        var attr = AttrOut.detached();
        assertThat(vfs.getattr(FuseFileSystem.ROOT, attr)).isZero();
        assertThat(attr.ino()).isEqualTo(36);
        assertThat(lookup(FuseFileSystem.ROOT, "file")).isEqualTo(1L << 56 | 40);
        assertThat(lookup(FuseFileSystem.ROOT, "absent")).isZero();
    }

    @Test
    void nodesOfSeveralFilesystemsDiffer() {
        mount("/17");
        mount("/a/b");
        long first = lookup(FuseFileSystem.ROOT, "17");
        long second = lookup(lookup(FuseFileSystem.ROOT, "a"), "b");
        assertThat(first).isEqualTo(1L << 56 | 36);
        assertThat(second).isEqualTo(2L << 56 | 36);
        assertThat(lookup(first, "file")).isNotEqualTo(lookup(second, "file"));
        assertThat(lookupErrno(FuseFileSystem.ROOT, "absent")).isEqualTo(FuseResult.ENOENT);
    }

    @Test
    void unmountingMakesNamesStaleAndNodesDead() {
        mount("/a/b");
        long root = lookup(lookup(FuseFileSystem.ROOT, "a"), "b");
        var stale = mounts.unmount("/a/b");
        assertThat(stale)
                .extracting(s -> new String(s.name(), StandardCharsets.UTF_8))
                .containsExactly("b", "a");
        assertThat(made.getFirst().closed).isTrue();
        assertThat(vfs.getattr(root, AttrOut.detached())).isEqualTo(FuseResult.ENOENT);
        assertThat(lookupErrno(FuseFileSystem.ROOT, "a")).isEqualTo(FuseResult.ENOENT);
        assertThatThrownBy(() -> mounts.unmount("/a/b"))
                .isInstanceOf(NaiadException.class)
                .hasMessage("object or filesystem doesn't exist");
    }

    @Test
    void placesAreTakenOnce() {
        mount("/a");
        assertThatThrownBy(() -> mount("/a"))
                .isInstanceOf(NaiadException.class)
                .hasMessage("object or filesystem already exists");
        assertThatThrownBy(() -> mount("/a/b")).isInstanceOf(NaiadException.class);
        assertThatThrownBy(() -> mount("/")).isInstanceOf(NaiadException.class);
    }

    @Test
    void aFailedMountLeavesNothing() {
        assertThatThrownBy(
                        () ->
                                mounts.mount(
                                        "/x/y",
                                        new FsStats("/x/y", FileStats.none()),
                                        space -> {
                                            throw new IllegalStateException("no image");
                                        }))
                .hasMessage("no image");
        assertThat(lookupErrno(FuseFileSystem.ROOT, "x")).isEqualTo(FuseResult.ENOENT);
        mount("/x/y");
    }

    @Test
    void indexesAreReusedOnlyWhenTheKernelHasForgottenTheirNodes() {
        mount("/held");
        long held = lookup(FuseFileSystem.ROOT, "held");
        var _ = mounts.unmount("/held");
        for (int i = 0; i < 600; i++) {
            mount("/m");
            assertThat(NodeSpace.indexOf(lookup(FuseFileSystem.ROOT, "m"))).isNotEqualTo(1);
            vfs.forget(lookup(FuseFileSystem.ROOT, "m"), 2);
            var _ = mounts.unmount("/m");
        }
        vfs.forget(held, 1);
        boolean reused = false;
        for (int i = 0; i < 255; i++) {
            mount("/m");
            reused |= made.getLast().space.index() == 1;
            var _ = mounts.unmount("/m");
        }
        assertThat(reused).isTrue();
    }

    @Test
    void thereIsRoomFor255() {
        for (int i = 0; i < VfsMounts.MAX_INDEX; i++) {
            mount("/" + i);
        }
        assertThatThrownBy(() -> mount("/more"))
                .isInstanceOf(NaiadException.class)
                .hasMessage("vfs maximum mountpoints reached");
        mounts.unmountAll();
        assertThat(made).allMatch(stub -> stub.closed);
        mount("/more");
    }

    @Test
    void aRemountKeepsTheNodesAndChangesTheGeneration() {
        mount("/a");
        long before = lookup(FuseFileSystem.ROOT, "a");
        long generation = made.getFirst().space.generation();
        var stale =
                mounts.remount(
                        "/a",
                        new FsStats("/a", FileStats.none()),
                        space -> {
                            made.add(new Stub(space));
                            return made.getLast();
                        });
        assertThat(stale).hasSize(1);
        assertThat(made.getFirst().closed).isTrue();
        assertThat(lookup(FuseFileSystem.ROOT, "a")).isEqualTo(before);
        assertThat(made.getLast().space.generation()).isNotEqualTo(generation);
    }

    @Test
    void pseudoDirectoriesAreListedFromAnyPosition() {
        for (int i = 0; i < 20; i++) {
            mount("/" + i);
        }
        var whole = DirOut.detached(65536, false);
        assertThat(vfs.readdir(FuseFileSystem.ROOT, 0, whole)).isZero();
        assertThat(whole.used()).isEqualTo(22 * 32);
        var rest = DirOut.detached(65536, false);
        assertThat(vfs.readdir(FuseFileSystem.ROOT, 2, rest)).isZero();
        assertThat(rest.used()).isEqualTo(20 * 32);
    }

    @Test
    void attributesOfPseudoDirectoriesAreNeverNotImplemented() {
        assertThat(vfs.getxattr(FuseFileSystem.ROOT, name("user.a"), DataOut.detached(10)))
                .isEqualTo(FuseResult.ENODATA);
        var list = DataOut.detached(10);
        assertThat(vfs.listxattr(FuseFileSystem.ROOT, list)).isZero();
        assertThat(list.length()).isZero();
    }

    @Test
    void operationsAreCounted() {
        var stats = new FsStats("/", FileStats.none());
        mounts.mount("/", stats, Stub::new);
        var _ = lookup(FuseFileSystem.ROOT, "file");
        var _ = vfs.readlink(FuseFileSystem.ROOT, DataOut.detached(10));
        stats.read(40, 5000, 300_000);
        var snapshot = stats.snapshot();
        assertThat(snapshot.opHits().get(9)).as("lookups").isEqualTo(1);
        assertThat(snapshot.opErrors().get(1)).as("readlink").isEqualTo(1);
        assertThat(snapshot.dataRead()).isEqualTo(5000);
        assertThat(snapshot.blockCountRead()).containsExactly(0L, 0L, 1L, 0L, 0L, 0L, 0L, 0L);
        assertThat(snapshot.readLatencyDist()).containsExactly(0L, 1L, 0L, 0L, 0L, 0L, 0L, 0L);
    }

    @Test
    void filesAreCountedWhereAskedFor() {
        var files = new FileStats(true, true, true, () -> java.time.Instant.ofEpochSecond(7, 8));
        var stats = new FsStats("/", files);
        for (long inode : new long[] {1, 2, 3, 8}) {
            stats.read(inode, 100, 0);
        }
        assertThat(files.latestJson()).isEqualTo("[[1,3],[8]]");
        assertThat(files.latestJson()).isEqualTo("[]");
        assertThat(files.patternJson())
                .contains(
                        "{\"ino\":8,\"nr_read\":1,\"first_access_time_secs\":7,\"first_access_time_nanos\":8}");
        assertThat(files.countersJson())
                .contains(
                        "\"8\":{\"total_fops\":1,\"data_read\":100,\"block_count_read\":[1,0,0,0,0,0,0,0]");
    }
}
