package dev.naiad.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.testkit.Requires;
import dev.naiad.testkit.ShortTempDir;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
final class MountRootTest {
    @Test
    void mountsAreMadeSeenAndEnded() {
        Requires.mounts();
        try (ShortTempDir temp = ShortTempDir.create()) {
            RawPath target = RawPath.of(temp.path()).resolve("with space");
            RawFiles.mkdir(target, 0755);
            Mount.mount(
                    "none", target, "tmpfs", Mount.MS_NOSUID | Mount.MS_NODEV, "size=1m,mode=0711");
            try {
                assertThat(MountInfo.at(target).map(MountInfo::type)).contains("tmpfs");
                assertThat(RawFiles.lstat(target).permissions()).isEqualTo(0711);
                RawFiles.mkdir(target.resolve("d"), 0700);
                RawFiles.mkdir(RawPath.of(temp.path()).resolve("b"), 0700);
                Mount.bind(target, RawPath.of(temp.path()).resolve("b"));
                assertThat(RawFiles.find(RawPath.of(temp.path()).resolve("b/d"))).isPresent();
                Mount.umount(RawPath.of(temp.path()).resolve("b"), 0);
            } finally {
                assertThat(Mount.umountIfMounted(target)).isTrue();
            }
            assertThat(Mount.umountIfMounted(target)).isFalse();
            assertThat(MountInfo.at(target)).isEmpty();
            assertThatThrownBy(() -> Mount.mount("none", target, "no-such-type", 0, ""))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessageContaining("mount no-such-type none on " + target);
        }
    }

    @Test
    void aTreeWithAMountBelowIsNotDeleted() throws Exception {
        Requires.mounts();
        try (ShortTempDir temp = ShortTempDir.create()) {
            java.nio.file.Path below =
                    java.nio.file.Files.createDirectories(temp.resolve("tree/below"));
            Mount.mount("none", RawPath.of(below), "tmpfs", 0, "size=1m");
            try {
                java.nio.file.Path inside = java.nio.file.Files.createFile(below.resolve("inside"));
                assertThatThrownBy(() -> DirectoryTree.delete(temp.resolve("tree")))
                        .hasMessageContaining("mounted");
                assertThatThrownBy(() -> DirectoryTree.delete(below))
                        .hasMessageContaining("mounted");
                assertThat(inside).exists();
                assertThat(DirectoryTree.size(temp.resolve("tree")).inodes()).isEqualTo(1);
            } finally {
                Mount.umountIfMounted(RawPath.of(below));
            }
            DirectoryTree.delete(temp.resolve("tree"));
            assertThat(temp.resolve("tree")).doesNotExist();
        }
    }

    @Test
    void nodesAndOwnersNeedRoot() {
        Requires.root();
        try (ShortTempDir temp = ShortTempDir.create()) {
            RawPath node = RawPath.of(temp.resolve("null"));
            try {
                RawFiles.mknod(node, Stat.S_IFCHR | 0600, Stat.device(1, 3));
            } catch (ErrnoException e) {
                Requires.skip("needs the right to make devices: " + e.what());
            }
            assertThat(RawFiles.lstat(node).rdevice()).isEqualTo(Stat.device(1, 3));
            assertThat(RawFiles.lstat(node).type()).isEqualTo(Stat.S_IFCHR);
            RawFiles.lchown(node, 12345, 54321);
            assertThat(RawFiles.lstat(node).uid()).isEqualTo(12345);
            assertThat(RawFiles.lstat(node).gid()).isEqualTo(54321);
            RawFiles.setTimes(node, Instant.EPOCH, Instant.EPOCH);
        }
    }

    @Test
    void aDescriptorIsTakenFromAnotherProcess() {
        Requires.root();
        try (ShortTempDir temp = ShortTempDir.create()) {
            long pid =
                    Spawn.detached(
                            new Spawn.Command(
                                    java.nio.file.Path.of("/bin/sleep"),
                                    java.util.List.of("sleep", "1000"),
                                    java.util.Map.of(),
                                    temp.resolve("out"),
                                    java.util.List.of()));
            try (PidFd process = PidFd.open(pid).orElseThrow();
                    Fd taken = process.take(1)) {
                taken.writeFully(java.lang.foreign.MemorySegment.ofArray(new byte[] {'x'}));
                assertThat(temp.resolve("out")).hasContent("x");
            } finally {
                Processes.kill(pid, PidFd.SIGKILL);
                dev.naiad.testkit.Await.until(
                        "it is reaped", () -> Processes.reap(pid).isPresent());
            }
        }
    }
}
