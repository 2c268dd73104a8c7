package dev.naiad.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.linux.Errno;
import dev.naiad.linux.ErrnoException;
import dev.naiad.linux.Mount;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.Processes;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Xattrs;
import dev.naiad.testkit.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The server under a real kernel. Nothing here maps memory of the mount: the JVM would wait for
 * itself.
 */
@Tag("root")
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FuseServerRootTest {
    private static final int SIGUSR1 = 10;

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /** Runs something that may block on a thread of its own. */
    private static <T> FutureTask<T> async(Callable<T> action) {
        var task = new FutureTask<>(action);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private static ParkedRead take(TreeFileSystem tree) throws InterruptedException {
        var read = tree.parked.poll(60, TimeUnit.SECONDS);
        if (read == null) {
            throw new AssertionError("no read arrived");
        }
        return read;
    }

    @Test
    void theTreeIsSeenAsItIs() throws Exception {
        var tree = new TreeFileSystem();
        byte[] big = random(3_000_001);
        long dir = tree.directory(FuseFileSystem.ROOT, "dir");
        tree.file(dir, "big", big);
        tree.file(dir, "empty", new byte[0]);
        tree.link(dir, "link", "../dir/big");
        try (var mounted = MountedTree.of(tree, false)) {
            assertThat(Files.readAllBytes(mounted.root.resolve("dir/big"))).isEqualTo(big);
            assertThat(Files.readAllBytes(mounted.root.resolve("dir/link"))).isEqualTo(big);
            assertThat(Files.readAllBytes(mounted.root.resolve("dir/empty"))).isEmpty();
            assertThat(Files.readSymbolicLink(mounted.root.resolve("dir/link")))
                    .isEqualTo(Path.of("../dir/big"));
            var stat = RawFiles.lstat(RawPath.of(mounted.root.resolve("dir/big")));
            assertThat(stat.permissions()).isEqualTo(0644);
            assertThat(stat.uid()).isEqualTo(12);
            assertThat(stat.gid()).isEqualTo(0xFFFF_FFFEL);
            assertThat(stat.size()).isEqualTo(big.length);
            assertThat(Files.getLastModifiedTime(mounted.root.resolve("dir/big")).toInstant())
                    .hasToString("2023-11-14T22:13:20.000000123Z");
            assertThat(tree.opens.get()).isPositive();
        }
    }

    @Test
    void readsAnywhereGiveTheRightBytes() throws Exception {
        var tree = new TreeFileSystem();
        byte[] big = random(1_234_567);
        tree.file(FuseFileSystem.ROOT, "big", big);
        try (var mounted = MountedTree.of(tree, true);
                var channel = FileChannel.open(mounted.root.resolve("big"))) {
            var random = new Random(7);
            for (int i = 0; i < 300; i++) {
                int offset = random.nextInt(big.length + 10_000);
                var buffer = ByteBuffer.allocate(1 + random.nextInt(200_000));
                int count = channel.read(buffer, offset);
                if (offset >= big.length) {
                    assertThat(count).isEqualTo(-1);
                } else {
                    assertThat(count).isEqualTo(Math.min(buffer.capacity(), big.length - offset));
                    assertThat(
                                    java.util.Arrays.mismatch(
                                            buffer.array(), 0, count, big, offset, offset + count))
                            .isEqualTo(-1);
                }
            }
            assertThat(tree.opens.get()).as("opening costs no request").isZero();
        }
    }

    @Test
    void manyReadersAtOnceGetTheRightBytes() throws Exception {
        var tree = new TreeFileSystem();
        var contents = new ArrayList<byte[]>();
        for (int i = 0; i < 40; i++) {
            contents.add(random(50_000 + 1000 * i));
            tree.file(FuseFileSystem.ROOT, "f" + i, contents.get(i));
        }
        try (var mounted = MountedTree.of(tree, false);
                var pool = Executors.newFixedThreadPool(8)) {
            CompletionService<Boolean> reads = new ExecutorCompletionService<>(pool);
            for (int n = 0; n < 200; n++) {
                int i = n % contents.size();
                reads.submit(
                        () ->
                                java.util.Arrays.equals(
                                        Files.readAllBytes(mounted.root.resolve("f" + i)),
                                        contents.get(i)));
            }
            for (int n = 0; n < 200; n++) {
                assertThat(reads.take().get()).isTrue();
            }
        }
    }

    @Test
    void aLongDirectoryIsListedCompletelyAndInPieces() throws Exception {
        var tree = new TreeFileSystem();
        long dir = tree.directory(FuseFileSystem.ROOT, "dir");
        var names = new ArrayList<String>();
        for (int i = 0; i < 3000; i++) {
            names.add("entry-with-a-rather-long-name-" + i);
            tree.file(dir, names.get(i), new byte[0]);
        }
        try (var mounted = MountedTree.of(tree, false);
                var listing = Files.list(mounted.root.resolve("dir"))) {
            assertThat(listing.map(p -> p.getFileName().toString()).toList())
                    .containsExactlyInAnyOrderElementsOf(names);
        }
    }

    @Test
    void namesAreBytes() throws Exception {
        var tree = new TreeFileSystem();
        byte[] name = {'a', (byte) 0xff, (byte) 0xfe, ' ', '\n'};
        tree.file(FuseFileSystem.ROOT, name, random(10));
        try (var mounted = MountedTree.of(tree, false)) {
            var path = RawPath.of(mounted.root).resolve(name);
            assertThat(RawFiles.lstat(path).size()).isEqualTo(10);
            assertThat(RawFiles.list(RawPath.of(mounted.root)))
                    .anySatisfy(entry -> assertThat(entry.name().bytes()).isEqualTo(name));
        }
    }

    @Test
    void absentNamesAreRememberedByTheKernel() throws Exception {
        var tree = new TreeFileSystem();
        try (var mounted = MountedTree.of(tree, false)) {
            var absent = mounted.root.resolve("absent");
            assertThatThrownBy(() -> Files.size(absent)).isInstanceOf(NoSuchFileException.class);
            long asked = tree.lookups.get();
            for (int i = 0; i < 5; i++) {
                assertThatThrownBy(() -> Files.size(absent))
                        .isInstanceOf(NoSuchFileException.class);
            }
            // Not none: a cache dropped meanwhile by somebody costs one question.
            assertThat(tree.lookups.get()).isLessThan(asked + 5);
        }
    }

    @Test
    void extendedAttributesAreServedAndTheirAbsenceToo() throws Exception {
        var tree = new TreeFileSystem();
        long file = tree.file(FuseFileSystem.ROOT, "file", random(10));
        byte[] value = random(3000);
        tree.xattr(file, "user.a", value);
        tree.xattr(file, "user.empty", new byte[0]);
        tree.file(FuseFileSystem.ROOT, "plain", random(10));
        try (var mounted = MountedTree.of(tree, false)) {
            var path = RawPath.of(mounted.root.resolve("file"));
            var plain = RawPath.of(mounted.root.resolve("plain"));
            assertThat(Xattrs.list(plain)).isEmpty();
            assertThat(Xattrs.get(plain, "user.a")).isEmpty();
            assertThat(Xattrs.list(path)).containsExactly("user.a", "user.empty");
            assertThat(Xattrs.get(path, "user.a")).contains(value);
            assertThat(Xattrs.get(path, "user.empty")).contains(new byte[0]);
            assertThat(Xattrs.get(path, "user.none")).isEmpty();
        }
    }

    @Test
    void writingIsRefusedAsOnAReadOnlyFileSystem() throws Exception {
        var tree = new TreeFileSystem();
        tree.file(FuseFileSystem.ROOT, "file", random(10));
        try (var mounted = MountedTree.of(tree, false)) {
            assertErrno(
                    Errno.EROFS, () -> RawFiles.mkdir(RawPath.of(mounted.root.resolve("d")), 0755));
            assertErrno(
                    Errno.EROFS, () -> RawFiles.unlink(RawPath.of(mounted.root.resolve("file"))));
            assertErrno(
                    Errno.EROFS,
                    () -> RawFiles.chmod(RawPath.of(mounted.root.resolve("file")), 0600));
        }
    }

    private static void assertErrno(Errno expected, Runnable action) {
        assertThatThrownBy(action::run)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(expected));
    }

    @Test
    void statfsGivesTheFiguresOfTheTree() throws Exception {
        var tree = new TreeFileSystem();
        tree.file(FuseFileSystem.ROOT, "file", random(10));
        try (var mounted = MountedTree.of(tree, false)) {
            assertThat(RawFiles.fileSystem(RawPath.of(mounted.root)).blockSize()).isEqualTo(512);
        }
    }

    @Test
    void parkedReadsDelayNobodyAndAreAnsweredFromAnyThread() throws Exception {
        var tree = new TreeFileSystem();
        byte[] content = random(100_000);
        for (int i = 0; i < 8; i++) {
            tree.slowFile(FuseFileSystem.ROOT, "slow" + i, content);
        }
        byte[] quick = random(70_000);
        tree.file(FuseFileSystem.ROOT, "quick", quick);
        try (var mounted = MountedTree.of(tree, false)) {
            var waiting = new ArrayList<FutureTask<byte[]>>();
            for (int i = 0; i < 8; i++) { // more than there are workers
                var path = mounted.root.resolve("slow" + i);
                waiting.add(async(() -> Files.readAllBytes(path)));
            }
            var first = take(tree);
            assertThat(Files.readAllBytes(mounted.root.resolve("quick"))).isEqualTo(quick);
            assertThat(mounted.server.inflight()).isNotEmpty();
            assertThat(waiting).noneMatch(FutureTask::isDone);
            tree.answer(first);
            while (!waiting.stream().allMatch(FutureTask::isDone)) {
                var read = tree.parked.poll(10, TimeUnit.MILLISECONDS);
                if (read != null) {
                    tree.answer(read);
                }
            }
            for (var read : waiting) {
                assertThat(read.get()).isEqualTo(content);
            }
        }
    }

    @Test
    void aFailedReadIsAnErrorAndTheNextOneIsAskedAnew() throws Exception {
        var tree = new TreeFileSystem();
        byte[] content = random(4096);
        tree.slowFile(FuseFileSystem.ROOT, "slow", content);
        try (var mounted = MountedTree.of(tree, false)) {
            var path = mounted.root.resolve("slow");
            var failing = async(() -> Files.readAllBytes(path));
            while (!failing.isDone()) {
                var read = tree.parked.poll(10, TimeUnit.MILLISECONDS);
                if (read != null) {
                    read.fail(FuseResult.EIO);
                    read.fail(FuseResult.EIO); // a second answer is dropped
                }
            }
            assertThatThrownBy(failing::get).cause().isInstanceOf(IOException.class);
            var reading = async(() -> Files.readAllBytes(path));
            tree.answer(take(tree));
            assertThat(reading.get(60, TimeUnit.SECONDS)).isEqualTo(content);
        }
    }

    @Test
    void aBugInTheFileSystemIsAnErrorAndServingGoesOn() throws Exception {
        var tree = new TreeFileSystem();
        tree.brokenFile(FuseFileSystem.ROOT, "broken");
        tree.file(FuseFileSystem.ROOT, "file", random(10));
        try (var mounted = MountedTree.of(tree, false)) {
            assertThatThrownBy(() -> Files.readAllBytes(mounted.root.resolve("broken")))
                    .isInstanceOf(IOException.class);
            assertThat(Files.readAllBytes(mounted.root.resolve("file"))).hasSize(10);
        }
    }

    @Test
    void aKilledReaderDoesNotWaitForItsData() throws Exception {
        var tree = new TreeFileSystem();
        tree.slowFile(FuseFileSystem.ROOT, "slow", random(100_000));
        try (var mounted = MountedTree.of(tree, false)) {
            var reader =
                    new ProcessBuilder("cat", mounted.root.resolve("slow").toString())
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            var read = take(tree);
            reader.destroyForcibly();
            assertThat(reader.waitFor(60, TimeUnit.SECONDS)).isTrue();
            tree.answer(read); // too late, which is not an error
            assertThat(Files.exists(mounted.root.resolve("slow"))).isTrue();
        }
    }

    /**
     * Past the kernel's cache, so that the reader itself waits for the answer and the kernel
     * reports its signals.
     */
    private static Process directReader(Path file) throws IOException {
        return new ProcessBuilder("dd", "if=" + file, "iflag=direct", "bs=64k", "status=none")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Test
    void aReaderKilledWhileItWaitsForTheServerIsLetGo() throws Exception {
        var tree = new TreeFileSystem();
        tree.slowFile(FuseFileSystem.ROOT, "slow", random(64 << 10));
        try (var mounted = MountedTree.of(tree, false)) {
            var reader = directReader(mounted.root.resolve("slow"));
            var read = take(tree);
            reader.destroyForcibly();
            // Without an answer it could not die.
            assertThat(reader.waitFor(60, TimeUnit.SECONDS)).isTrue();
            Await.until("the read is over", () -> !read.isOpen());
            tree.answer(read);
        }
    }

    @Test
    void signalsThatDoNotKillDoNotDisturbARead() throws Exception {
        var tree = new TreeFileSystem();
        tree.slowFile(FuseFileSystem.ROOT, "slow", random(64 << 10));
        try (var mounted = MountedTree.of(tree, false)) {
            var reader = directReader(mounted.root.resolve("slow"));
            var read = take(tree);
            // dd has a handler for it and goes on.
            assertThat(Processes.kill(reader.pid(), SIGUSR1)).isTrue();
            Await.until("the kernel reports the signal", () -> mounted.server.interrupted() > 0);
            assertThat(read.isOpen()).isTrue();
            tree.answer(read);
            while (reader.isAlive()) {
                var next = tree.parked.poll(10, TimeUnit.MILLISECONDS);
                if (next != null) {
                    tree.answer(next);
                }
            }
            assertThat(reader.exitValue()).isZero();
        }
    }

    @Test
    void theKernelGivesItsReferencesBack() throws Exception {
        var tree = new TreeFileSystem();
        for (int i = 0; i < 50; i++) {
            tree.file(FuseFileSystem.ROOT, "f" + i, random(10));
        }
        try (var mounted = MountedTree.of(tree, false)) {
            try (var listing = Files.list(mounted.root)) {
                assertThat(listing.filter(Files::isRegularFile).count()).isEqualTo(50);
            }
            assertThat(tree.references.get()).isPositive();
            for (int i = 0; i < 50; i++) {
                mounted.server.invalidateEntry(
                        FuseFileSystem.ROOT, ("f" + i).getBytes(StandardCharsets.UTF_8));
            }
            Await.until("all references are back", () -> tree.references.get() <= 0);
            assertThat(tree.references.get()).isZero();
        }
    }

    @Test
    void invalidatedNamesAreAskedForAgain() throws Exception {
        var tree = new TreeFileSystem();
        tree.file(FuseFileSystem.ROOT, "old", random(10));
        try (var mounted = MountedTree.of(tree, false)) {
            assertThat(Files.exists(mounted.root.resolve("old"))).isTrue();
            assertThat(Files.exists(mounted.root.resolve("new"))).isFalse();
            tree.rename(FuseFileSystem.ROOT, "old", "new");
            for (var name : List.of("old", "new")) {
                mounted.server.invalidateEntry(
                        FuseFileSystem.ROOT, name.getBytes(StandardCharsets.UTF_8));
            }
            assertThat(Files.exists(mounted.root.resolve("old"))).isFalse();
            assertThat(Files.exists(mounted.root.resolve("new"))).isTrue();
        }
    }

    @Test
    void aMountTakenAwayFromOutsideEndsTheServer() throws Exception {
        var tree = new TreeFileSystem();
        try (var mounted = MountedTree.of(tree, false)) {
            Mount.umount(RawPath.of(mounted.root), Mount.MNT_DETACH);
            assertThat(mounted.awaitEnd()).isTrue();
        }
    }

    @Test
    void aStoppedServerIsResumedByAnotherOne() throws Exception {
        var tree = new TreeFileSystem();
        byte[] content = random(100_000);
        tree.file(FuseFileSystem.ROOT, "file", content);
        try (var mounted = MountedTree.of(tree, true)) {
            mounted.server.stop();
            assertThat(mounted.ended.getCount()).as("stopping is not a failure").isEqualTo(1);
            var reading = async(() -> Files.readAllBytes(mounted.root.resolve("file")));
            try (var successor =
                    new FuseServer(
                            mounted.connection,
                            tree,
                            new FuseOptions(2, true, 1 << 20),
                            mounted.server.session(),
                            java.time.InstantSource.system(),
                            () -> {})) {
                successor.start();
                successor.resend();
                assertThat(reading.get(60, TimeUnit.SECONDS)).isEqualTo(content);
            }
        }
    }

    @Test
    void mountsOfDeadServersAreRemoved() throws Exception {
        var mounted = MountedTree.of(new TreeFileSystem(), false);
        mounted.server.close();
        mounted.connection.close(); // as if the process had been killed: the mount stays
        assertThat(MountInfo.at(RawPath.of(mounted.root))).isPresent();
        assertThat(FuseConnection.removeStale(mounted.root)).isEqualTo(1);
        assertThat(MountInfo.at(RawPath.of(mounted.root))).isEmpty();
        Files.delete(mounted.root);
    }

    @Test
    void aLivingMountIsNotStale() throws Exception {
        try (var mounted = MountedTree.of(new TreeFileSystem(), false)) {
            assertThat(FuseConnection.removeStale(mounted.root)).isZero();
        }
    }
}
