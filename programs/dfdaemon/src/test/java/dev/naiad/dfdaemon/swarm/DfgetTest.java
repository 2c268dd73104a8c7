package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.dfdaemon.main.DfgetProgram;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** dfget against a real daemon over its unix socket. */
final class DfgetTest {
    private static final int PIECE = 4 << 20;

    private final ShortTempDir dir = ShortTempDir.create();
    private final TestOrigin origin = new TestOrigin();
    private final TestSwarm swarm = new TestSwarm(dir.path(), origin);
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private Path output = dir.resolve("out");

    @BeforeEach
    void start() throws Exception {
        swarm.noScheduler();
        swarm.start("node1");
        output = Files.createDirectories(dir.resolve("out")).resolve("file");
    }

    @AfterEach
    void stop() throws Exception {
        swarm.close();
        origin.close();
        dir.close();
    }

    private int dfget(String path, String... more) throws Exception {
        return dfgetTo(output, path, more);
    }

    private int dfgetTo(Path to, String path, String... more) throws Exception {
        var args = new ArrayList<>(List.of(origin.url() + path, "-O", to.toString()));
        if (!List.of(more).contains("-e")) {
            args.addAll(List.of("-e", swarm.socket("node1").toString()));
        }
        args.addAll(List.of(more));
        var print = new PrintStream(out, true, StandardCharsets.UTF_8);
        return new DfgetProgram().run(ProgramContext.forTest(print, print, Map.of()), args);
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String sha256(byte[] content) throws Exception {
        return "sha256:"
                + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--transfer-from-dfdaemon", "--force-hard-link"})
    void aFileComesThroughTheSocket(String mode) throws Exception {
        String file = origin.addBlob(31, 2 * PIECE + 3);
        byte[] content = origin.content(file);
        String[] more =
                mode.isEmpty() ? new String[] {"--digest", sha256(content)} : new String[] {mode};
        assertThat(dfget(file, more)).as(said()).isZero();
        assertThat(Files.readAllBytes(output)).isEqualTo(content);
        assertThat(siblings()).containsExactly("file");
    }

    private List<String> siblings() throws Exception {
        Path folder = output.getParent();
        if (folder == null) {
            throw new IllegalStateException("no folder");
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> String.valueOf(path.getFileName())).toList();
        }
    }

    @Test
    void anEmptyFileIsAFile() throws Exception {
        String file = origin.add("/empty", new byte[0]);
        assertThat(dfget(file)).as(said()).isZero();
        assertThat(Files.size(output)).isZero();
    }

    @Test
    void aWrongDigestLeavesNoFile() throws Exception {
        String file = origin.add("/file", new byte[] {1, 2, 3});
        assertThat(dfget(file, "--digest", "sha256:" + "0".repeat(64))).isEqualTo(1);
        assertThat(said()).contains("Downloading Failed!").contains("does not have digest");
        assertThat(output).doesNotExist();
        assertThat(siblings()).isEmpty();
    }

    private static Object links(Path file) throws Exception {
        return Files.getAttribute(file, "unix:nlink");
    }

    @Test
    void theOutputIsALinkIntoTheStoreAndAnEditOfItHarmsNobody() throws Exception {
        String file = origin.addBlob(32, PIECE + 3);
        byte[] content = origin.content(file);
        assertThat(dfget(file)).as(said()).isZero();
        assertThat(links(output)).isEqualTo(2);
        assertThat(
                        java.nio.file.attribute.PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(output)))
                .isEqualTo("rw-r--r--");
        Files.write(output, new byte[] {1, 2, 3});
        Path second = output.resolveSibling("second");
        int code = dfgetTo(second, file);
        if (code != 0) {
            // The first that meets the edit may fail, and never gets wrong bytes.
            assertThat(second).doesNotExist();
            code = dfgetTo(second, file);
        }
        assertThat(code).as(said()).isZero();
        assertThat(Files.readAllBytes(second)).isEqualTo(content);
        assertThat(Files.readAllBytes(output)).containsExactly(1, 2, 3);
    }

    @Test
    void threeAtOnceToOnePathAllSucceed() throws Exception {
        String file = origin.addBlob(33, 3 * PIECE + 3);
        for (int round = 0; round < 3; round++) {
            Path shared = output.resolveSibling("shared" + round);
            String tag = "round" + round;
            var all = new ArrayList<java.util.concurrent.FutureTask<Integer>>();
            var held = origin.holdAt(file, 0);
            for (int i = 0; i < 3; i++) {
                var one = new java.util.concurrent.FutureTask<>(() -> download(shared, file, tag));
                all.add(one);
                Thread.ofVirtual().start(one);
            }
            dev.naiad.testkit.Await.until(
                    "all three wait", () -> origin.isHolding(file, 0) && Files.exists(shared));
            held.countDown();
            for (var one : all) {
                assertThat(one.get(60, java.util.concurrent.TimeUnit.SECONDS)).isPositive();
            }
            assertThat(Files.readAllBytes(shared)).isEqualTo(origin.content(file));
        }
        assertThat(siblings()).containsExactlyInAnyOrder("shared0", "shared1", "shared2");
    }

    /** DownloadTask as dfget asks it, without dfget's own look at the output; counts messages. */
    private int download(Path to, String path, String tag) {
        var count = new java.util.concurrent.atomic.AtomicInteger();
        try (var loops = new dev.naiad.net.grpc.EventLoops("test", 1);
                var channel =
                        dev.naiad.net.grpc.GrpcChannel.open(
                                dev.naiad.net.wire.Endpoint.unix(swarm.socket("node1")), loops)) {
            dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc.newBlockingStub(channel.channel())
                    .downloadTask(
                            dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest.newBuilder()
                                    .setDownload(
                                            dev.naiad.dragonfly.api.common.Download.newBuilder()
                                                    .setUrl(origin.url() + path)
                                                    .setTag(tag)
                                                    .setOutputPath(to.toString()))
                                    .build())
                    .forEachRemaining(message -> count.incrementAndGet());
        }
        return count.get();
    }

    @Test
    void theOutputStandsEmptyBeforeTheFirstMessageSoThatALateFailureCanBeTold() throws Exception {
        String file = origin.addBlob(34, 2 * PIECE);
        var held = origin.holdAt(file, PIECE);
        var failing = new java.util.concurrent.FutureTask<>(() -> download(output, file, ""));
        Thread.ofVirtual().start(failing);
        dev.naiad.testkit.Await.until("piece 1 is asked for", () -> origin.isHolding(file, PIECE));
        assertThat(output).isEmptyFile();
        origin.failWith(500);
        held.countDown();
        // Held requests were answered well; what fails is the next dfget's digest.
        assertThat(failing.get(60, java.util.concurrent.TimeUnit.SECONDS)).isPositive();
        origin.failWith(0);
        Path second = output.resolveSibling("second");
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> downloadWrong(second, file))
                .hasMessageContaining("does not have digest");
        assertThat(second).isEmptyFile();
    }

    private void downloadWrong(Path to, String path) {
        try (var loops = new dev.naiad.net.grpc.EventLoops("test", 1);
                var channel =
                        dev.naiad.net.grpc.GrpcChannel.open(
                                dev.naiad.net.wire.Endpoint.unix(swarm.socket("node1")), loops)) {
            dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc.newBlockingStub(channel.channel())
                    .downloadTask(
                            dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest.newBuilder()
                                    .setDownload(
                                            dev.naiad.dragonfly.api.common.Download.newBuilder()
                                                    .setUrl(origin.url() + path)
                                                    .setDigest("sha256:" + "0".repeat(64))
                                                    .setOutputPath(to.toString()))
                                    .build())
                    .forEachRemaining(message -> {});
        }
    }

    @Test
    void anExistingOutputIsReplacedOnlyWhenTold() throws Exception {
        String file = origin.add("/file", new byte[] {1, 2, 3});
        Files.write(output, new byte[] {9});
        assertThat(dfget(file)).isEqualTo(1);
        assertThat(said()).contains("Validating Failed!").contains("already exists");
        assertThat(Files.readAllBytes(output)).containsExactly(9);
        assertThat(dfget(file, "--overwrite")).as(said()).isZero();
        assertThat(Files.readAllBytes(output)).containsExactly(1, 2, 3);
    }

    @Test
    void whatTheOriginSaysIsShown() throws Exception {
        assertThat(dfget("/not/there")).isEqualTo(1);
        assertThat(said()).contains("Downloading Failed!").contains("Bad Status Code: 404");
        assertThat(output).doesNotExist();
    }

    @Test
    void anOriginThatCannotBeReachedIsNotTakenForDfdaemon() throws Exception {
        var print = new PrintStream(out, true, StandardCharsets.UTF_8);
        var args =
                List.of(
                        "http://127.0.0.1:1/file",
                        "-O",
                        output.toString(),
                        "-e",
                        swarm.socket("node1").toString());
        assertThat(new DfgetProgram().run(ProgramContext.forTest(print, print, Map.of()), args))
                .isEqualTo(1);
        assertThat(said()).contains("Downloading Failed!").contains("127.0.0.1:1/file");
        assertThat(said()).doesNotContain("Connect Dfdaemon Failed!");
        assertThat(siblings()).isEmpty();
    }

    @Test
    void aTransferIsCheckedAgainstTheDigest() throws Exception {
        byte[] content = {1, 2, 3};
        String file = origin.add("/file", content);
        String wrong = "sha256:" + "0".repeat(64);
        assertThat(dfget(file, "--transfer-from-dfdaemon", "--digest", wrong)).isEqualTo(1);
        assertThat(said()).contains("does not have digest");
        assertThat(siblings()).isEmpty();
        assertThat(dfget(file, "--transfer-from-dfdaemon", "--digest", sha256(content)))
                .as(said())
                .isZero();
    }

    @Test
    void aPriorityOutOfRangeIsTakenAsTheOriginalTakesIt() {
        try (var loops = new dev.naiad.net.grpc.EventLoops("test", 1);
                var channel =
                        dev.naiad.net.grpc.GrpcChannel.open(
                                dev.naiad.net.wire.Endpoint.unix(swarm.socket("node1")), loops)) {
            var answers =
                    dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc.newBlockingStub(
                                    channel.channel())
                            .downloadTask(
                                    dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest
                                            .newBuilder()
                                            .setDownload(
                                                    dev.naiad.dragonfly.api.common.Download
                                                            .newBuilder()
                                                            .setUrl(
                                                                    origin.url()
                                                                            + origin.add(
                                                                                    "/file",
                                                                                    new byte[] {1}))
                                                            .setPriorityValue(7))
                                            .build());
            assertThat(answers.next().hasDownloadTaskStartedResponse()).isTrue();
        }
    }

    @Test
    void withoutADaemonTheSocketIsNamed() throws Exception {
        String file = origin.add("/file", new byte[] {1});
        String nowhere = dir.resolve("none.sock").toString();
        assertThat(dfget(file, "-e", nowhere)).isEqualTo(1);
        assertThat(said()).contains("Connect Dfdaemon Failed!").contains(nowhere);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--piece-length=1MiB", "--piece-length=x", "--timeout=soon"})
    void wrongValuesAreNamed(String flag) throws Exception {
        String file = origin.add("/file", new byte[] {1});
        assertThat(dfget(file, flag)).isEqualTo(1);
        assertThat(said()).contains("Validating Failed!");
    }

    @Test
    void anOutputIsRequired() throws Exception {
        var print = new PrintStream(out, true, StandardCharsets.UTF_8);
        int code =
                new DfgetProgram()
                        .run(ProgramContext.forTest(print, print, Map.of()), List.of("http://x/y"));
        assertThat(code).isEqualTo(2);
        assertThat(said()).contains("--output");
    }
}
