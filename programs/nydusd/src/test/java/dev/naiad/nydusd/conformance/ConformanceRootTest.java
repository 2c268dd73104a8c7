package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.builder.BuildOptions;
import dev.naiad.linux.DirectoryTree;
import dev.naiad.linux.Mount;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Xattrs;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.MountRequest;
import dev.naiad.nydusdapi.NydusdApiException;
import dev.naiad.rafs.Compressor;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is read through a mount equals what the image was built from, also in adversity. */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConformanceRootTest {
    private static Path shared = Path.of("/");
    private static Path source = Path.of("/");
    private static TestImage image = new TestImage(source, source, "");

    @RegisterExtension final MountDirectory place = new MountDirectory();

    private Path directory = Path.of("/");
    private Path mountpoint = Path.of("/");

    @BeforeAll
    static void buildImage() throws IOException {
        Requires.mounts();
        Requires.fuse();
        shared = Files.createTempDirectory(Path.of("/tmp"), "nd");
        source = shared.resolve("source");
        ConformanceTree.make(source);
        image = TestImage.build(source, shared, BuildOptions.defaults());
    }

    @AfterAll
    static void removeImage() throws IOException {
        if (shared.getNameCount() > 1) {
            DirectoryTree.delete(shared);
        }
    }

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = place.path();
        mountpoint = place.mountpoint();
    }

    private static <T> FutureTask<T> async(Callable<T> action) {
        var task = new FutureTask<>(action);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "LZ4_BLOCK", "ZSTD"})
    void theTreeAsReadIsTheSource(Compressor compressor) throws Exception {
        var built =
                TestImage.build(
                        source,
                        Files.createDirectory(directory.resolve("image")),
                        BuildOptions.defaults()
                                .withCompressor(compressor)
                                .withChunkSize(compressor == Compressor.NONE ? 0x1000 : 0x40000));
        try (var daemon = place.serve(built, false)) {
            assertThat(TreeListing.differences(source, mountpoint)).isEmpty();
            assertThat(TreeListing.differences(source, mountpoint)).as("again, warm").isEmpty();
            assertThat(daemon.client().fsMetrics(Optional.empty()).dataRead()).isPositive();
        }
        assertThat(MountInfo.at(RawPath.of(mountpoint))).isEmpty();
    }

    @Test
    void theTreeIsTheSourceWithPrefetchToo() throws Exception {
        try (var daemon = place.serve(image, true)) {
            assertThat(TreeListing.differences(source, mountpoint)).isEmpty();
            Await.until(
                    "everything is prefetched",
                    () -> daemon.client().blobcacheMetrics(Optional.empty()).dataAllReady());
        }
    }

    @Test
    void aSecondDaemonReadsFromTheCacheOfTheFirst() throws Exception {
        try (var _ = place.serve(image, false)) {
            assertThat(TreeListing.differences(source, mountpoint)).isEmpty();
        }
        try (var daemon = place.serve(image, false)) {
            assertThat(TreeListing.differences(source, mountpoint)).isEmpty();
            assertThat(daemon.client().backendMetrics(Optional.empty()).readCount()).isZero();
        }
    }

    @Test
    void concurrentReadersSeeTheSource() throws Exception {
        var expected = TreeListing.of(source);
        try (var _ = place.serve(image, false);
                var pool = Executors.newFixedThreadPool(4)) {
            var listings = new ArrayList<java.util.concurrent.Future<?>>();
            for (int i = 0; i < 8; i++) {
                listings.add(
                        pool.submit(
                                () ->
                                        assertThat(TreeListing.differences(expected, mountpoint))
                                                .isEmpty()));
            }
            for (var listing : listings) {
                listing.get(120, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void programsRunFromTheMountAndMappedFilesAreRight() throws Exception {
        var program = Requires.find("true").orElseThrow();
        var programs = Files.createDirectory(directory.resolve("programs"));
        Files.copy(program, programs.resolve("true"));
        programs.resolve("true").toFile().setExecutable(true, false);
        var built =
                TestImage.build(
                        programs,
                        Files.createDirectory(directory.resolve("image")),
                        BuildOptions.defaults());
        try (var _ = place.serve(built, false)) {
            // The loader maps it; in another process, as this one must not map its own mount.
            assertThat(Commands.run(mountpoint.resolve("true").toString()).exitCode()).isZero();
        }
    }

    @Test
    void anOverlayOnTopReadsCopiesUpAndCreates() throws Exception {
        Requires.fileSystem("overlay");
        var work = Files.createDirectories(directory.resolve("overlay/work"));
        var upper = Files.createDirectories(directory.resolve("overlay/upper"));
        var merged = Files.createDirectories(directory.resolve("overlay/merged"));
        // An upper layer on tmpfs: overlay on overlay, as in a container, is refused.
        Mount.mount("tmpfs", RawPath.of(directory.resolve("overlay")), "tmpfs", 0, "");
        try (var _ = place.serve(image, false)) {
            for (var path : List.of(work, upper, merged)) {
                Files.createDirectories(path);
            }
            Mount.mount(
                    "overlay",
                    RawPath.of(merged),
                    "overlay",
                    0,
                    "workdir=" + work + ",upperdir=" + upper + ",lowerdir=" + mountpoint);
            try {
                var text = merged.resolve("text");
                assertThat(Files.readString(text))
                        .isEqualTo(Files.readString(source.resolve("text")));
                Files.writeString(text, "changed");
                assertThat(Files.readString(text)).isEqualTo("changed");
                assertThat(Files.readString(mountpoint.resolve("text")))
                        .startsWith("the same words");
                Files.writeString(merged.resolve("many/new"), "new");
                Files.delete(merged.resolve("size-1"));
                assertThat(merged.resolve("size-1")).doesNotExist();
                assertThat(capability(merged)).isEqualTo(capability(source)).isNotEmpty();
            } finally {
                Mount.umount(RawPath.of(merged), Mount.MNT_DETACH);
            }
        } finally {
            Mount.umount(RawPath.of(directory.resolve("overlay")), Mount.MNT_DETACH);
        }
    }

    private static String capability(Path tree) {
        return Xattrs.get(RawPath.of(tree.resolve("setuid")), "security.capability")
                .map(HexFormat.of()::formatHex)
                .orElse("");
    }

    @Test
    void aMissingBackendIsAnErrorAndTheNextReadAfterItsReturnSucceeds() throws Exception {
        var own =
                TestImage.build(
                        source,
                        Files.createDirectory(directory.resolve("image")),
                        BuildOptions.defaults());
        var away = directory.resolve("away");
        try (var _ = place.serve(own, false)) {
            Files.move(own.blob(), away);
            assertThatThrownBy(() -> Files.readAllBytes(mountpoint.resolve("size-3500000")))
                    .isInstanceOf(IOException.class);
            assertThat(Files.size(mountpoint.resolve("size-3500000"))).isEqualTo(3_500_000);
            Files.move(away, own.blob());
            assertThat(TreeListing.differences(source, mountpoint)).isEmpty();
        }
    }

    @Test
    void changedBytesInABlobAreAnErrorAndNeverData() throws Exception {
        var own =
                TestImage.build(
                        source,
                        Files.createDirectory(directory.resolve("image")),
                        BuildOptions.defaults().withCompressor(Compressor.NONE));
        try (var blob = new RandomAccessFile(own.blob().toFile(), "rw")) {
            for (long at = 100; at < blob.length() - 8192; at += 4096) {
                blob.seek(at);
                int value = blob.read();
                blob.seek(at);
                blob.write(value ^ 0x40);
            }
        }
        try (var _ = place.serve(own, false)) {
            for (var name : List.of("size-4096", "size-1048576", "size-3500000")) {
                assertThatThrownBy(() -> Files.readAllBytes(mountpoint.resolve(name)))
                        .as(name)
                        .isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void stoppingUnderLoadUnmountsAndFreesTheReaders() throws Exception {
        try (var daemon = place.serve(image, false)) {
            var stopped = new AtomicBoolean();
            var readers = new ArrayList<FutureTask<Boolean>>();
            for (int i = 0; i < 4; i++) {
                readers.add(
                        async(
                                () -> {
                                    while (!stopped.get()) {
                                        try {
                                            var _ = TreeListing.of(mountpoint);
                                        } catch (RuntimeException e) {
                                            return true; // the mount went away in between
                                        }
                                    }
                                    return true;
                                }));
            }
            Await.until(
                    "readers read",
                    () -> daemon.client().fsMetrics(Optional.empty()).dataRead() > 1 << 20);
            assertThat(daemon.stop()).isZero();
            stopped.set(true);
            for (var reader : readers) {
                assertThat(reader.get(60, TimeUnit.SECONDS)).isTrue();
            }
        }
        assertThat(MountInfo.at(RawPath.of(mountpoint))).isEmpty();
        assertThat(directory.resolve("api.sock")).doesNotExist();
    }

    @Test
    void aMountTakenAwayFromOutsideEndsTheDaemon() throws Exception {
        try (var daemon = place.serve(image, false)) {
            Mount.umount(RawPath.of(mountpoint), Mount.MNT_DETACH);
            assertThat(daemon.awaitExit()).isZero();
        }
    }

    private RunningDaemon serveShared() {
        return RunningDaemon.start(
                directory.resolve("api.sock"),
                "fuse",
                "--thread-num",
                "4",
                "--mountpoint",
                mountpoint.toString());
    }

    @Test
    void imagesComeAndGoInASharedDaemon() throws Exception {
        var expected = TreeListing.of(source);
        var config = image.config(directory.resolve("cache"), false);
        var request = MountRequest.rafs(image.bootstrap().toString(), config);
        try (var daemon = serveShared()) {
            var client = daemon.client();
            assertThat(names(mountpoint)).isEmpty();
            client.mount("/17", request);
            client.mount("/a/b", request);
            assertThat(names(mountpoint)).containsExactlyInAnyOrder("17", "a");
            assertThat(TreeListing.differences(expected, mountpoint.resolve("17"))).isEmpty();
            assertThat(TreeListing.differences(expected, mountpoint.resolve("a/b"))).isEmpty();
            assertThatThrownBy(() -> client.mount("/17", request))
                    .isInstanceOf(NydusdApiException.class)
                    .hasMessageContaining("object or filesystem already exists");
            var info = client.daemonInfo();
            assertThat(info.state()).isEqualTo(DaemonState.RUNNING);
            assertThat(info.instance("/17")).isPresent();

            client.unmount("/17");
            assertThat(names(mountpoint)).containsExactly("a");
            assertThat(mountpoint.resolve("17")).doesNotExist();
            assertThatThrownBy(() -> client.unmount("/17"))
                    .isInstanceOf(NydusdApiException.class)
                    .hasMessageContaining("doesn't exist");
            assertThat(TreeListing.differences(expected, mountpoint.resolve("a/b"))).isEmpty();
            client.mount("/17", request);
            assertThat(TreeListing.differences(expected, mountpoint.resolve("17"))).isEmpty();
            client.remount("/17", request);
            assertThat(TreeListing.differences(expected, mountpoint.resolve("17"))).isEmpty();
        }
    }

    private static List<String> names(Path path) {
        return RawFiles.list(RawPath.of(path)).stream()
                .map(
                        entry ->
                                new String(
                                        entry.name().bytes(),
                                        java.nio.charset.StandardCharsets.UTF_8))
                .filter(name -> !name.equals(".") && !name.equals(".."))
                .toList();
    }

    @Test
    void indexesAreReusedOverManyMounts() throws Exception {
        var small = Files.createDirectory(directory.resolve("small"));
        var requests = new ArrayList<MountRequest>();
        for (int i = 0; i < 3; i++) {
            // Other content under the same path: nothing old may be seen.
            Files.writeString(small.resolve("file"), "content " + i);
            var built =
                    TestImage.build(
                            small,
                            Files.createDirectory(directory.resolve("image" + i)),
                            BuildOptions.defaults());
            requests.add(
                    MountRequest.rafs(
                            built.bootstrap().toString(),
                            built.config(directory.resolve("cache"), false)));
        }
        try (var daemon = serveShared()) {
            var client = daemon.client();
            for (int i = 0; i < 300; i++) {
                client.mount("/m", requests.get(i % 3));
                assertThat(Files.readString(mountpoint.resolve("m/file")))
                        .isEqualTo("content " + i % 3);
                client.unmount("/m");
            }
        }
    }

    @Test
    void aBadMountLeavesNothingAndSaysWhy() throws Exception {
        var noImage = Files.write(directory.resolve("no-image"), new byte[10_000]);
        var config = image.config(directory.resolve("cache"), false);
        try (var daemon = serveShared()) {
            var client = daemon.client();
            assertThatThrownBy(
                            () -> client.mount("/x", MountRequest.rafs(noImage.toString(), config)))
                    .isInstanceOf(NydusdApiException.class)
                    .hasMessageContaining(noImage.toString());
            assertThatThrownBy(
                            () ->
                                    client.mount(
                                            "/x",
                                            MountRequest.rafs(
                                                    image.bootstrap().toString(),
                                                    config.replace("\"direct\"", "\"wrong\""))))
                    .isInstanceOf(NydusdApiException.class)
                    .hasMessageContaining("wrong");
            assertThat(names(mountpoint)).isEmpty();
            client.mount("/x", MountRequest.rafs(image.bootstrap().toString(), config));
            assertThat(TreeListing.differences(source, mountpoint.resolve("x"))).isEmpty();
        }
    }

    @Test
    void exitLeavesTheMountAndANewDaemonCleansItUp() throws Exception {
        var first = place.serve(image, false);
        first.client().exit();
        assertThat(first.awaitExit()).isZero();
        assertThat(MountInfo.at(RawPath.of(mountpoint))).isPresent();
        try (var _ = place.serve(image, false)) {
            assertThat(TreeListing.differences(source, mountpoint)).isEmpty();
            assertThat(
                            MountInfo.current().stream()
                                    .filter(m -> m.mountPoint().equals(RawPath.of(mountpoint))))
                    .hasSize(1);
        }
        assertThat(MountInfo.at(RawPath.of(mountpoint))).isEmpty();
    }
}
