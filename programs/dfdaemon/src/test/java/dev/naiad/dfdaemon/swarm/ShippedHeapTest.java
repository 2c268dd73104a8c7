package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.dfdaemon.main.DfdaemonProgram;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonUploadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadPieceRequest;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.RunningProcess;
import dev.naiad.testkit.ShortTempDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A dfdaemon of its own process with the memory that the shipped launcher gives it. */
final class ShippedHeapTest {
    private static final int PIECE = 4 << 20;
    private static final int LONGEST = 64 << 20;
    private static final Pattern PORTS = Pattern.compile("serves as .*gRPC (\\d+), pieces (\\d+)");

    private final ShortTempDir dir = ShortTempDir.create();
    private final TestOrigin origin = new TestOrigin();
    private final EventLoops loops = new EventLoops("test", 1);
    private final List<AutoCloseable> open = new ArrayList<>();
    private RunningProcess daemon = start(dir.path());
    private int uploadPort;

    /** The child: dfdaemon as its launcher starts it. */
    public static void main(String[] args) throws Exception {
        System.exit(
                new DfdaemonProgram()
                        .run(
                                ProgramContext.forTest(System.out, System.err, Map.of()),
                                List.of(args)));
    }

    private static RunningProcess start(Path dir) {
        try {
            Files.writeString(
                    dir.resolve("dfdaemon.yaml"),
                    """
                    host: {ip: 127.0.0.1, hostname: node1}
                    storage: {dir: %s, keep: true, server: {ip: 127.0.0.1, tcpPort: 0}}
                    upload: {server: {ip: 127.0.0.1, port: 0}}
                    proxy: {server: {ip: 127.0.0.1, port: 0}}
                    health: {server: {ip: 127.0.0.1, port: 0}}
                    metrics: {server: {ip: 127.0.0.1, port: 0}}
                    download: {server: {socketPath: %s}}
                    """
                            .formatted(dir.resolve("data"), dir.resolve("d.sock")));
            Files.writeString(
                    dir.resolve("dynconfig.yaml"), "scheduler: {addrs: [\"127.0.0.1:1\"]}\n");
            var command = new ArrayList<String>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(shippedFlags());
            command.addAll(
                    List.of(
                            "-XX:+ExitOnOutOfMemoryError",
                            "--enable-native-access=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ShippedHeapTest.class.getName(),
                            "--config",
                            dir.resolve("dfdaemon.yaml").toString(),
                            "--dynconfig",
                            dir.resolve("dynconfig.yaml").toString(),
                            "--log-dir",
                            dir.resolve("log").toString()));
            return RunningProcess.start(dir.resolve("out"), Map.of(), command);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<String> shippedFlags() throws IOException {
        Matcher flags =
                Pattern.compile("  dfdaemon\\) flags=\"([^\"]*)\"")
                        .matcher(Files.readString(Path.of("../../scripts/dist/naiad")));
        assertThat(flags.find()).isTrue();
        var all = new ArrayList<>(List.of(flags.group(1).split(" ")));
        assertThat(all).contains("-Xmx96m");
        all.add("-XX:+UseSerialGC");
        return all;
    }

    @BeforeEach
    void awaitPorts() {
        Path log = dir.path().resolve("log/dfdaemon.log");
        Await.until(
                "dfdaemon serves",
                () -> {
                    assertThat(daemon.isAlive()).as(daemon.output()).isTrue();
                    Matcher ports = PORTS.matcher(Files.exists(log) ? Files.readString(log) : "");
                    boolean found = ports.find();
                    uploadPort = found ? Integer.parseInt(ports.group(1)) : 0;
                    return found;
                });
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        loops.close();
        daemon.close();
        origin.close();
        dir.close();
    }

    private GrpcChannel channel(Endpoint endpoint) {
        GrpcChannel channel = GrpcChannel.open(endpoint, loops);
        open.add(channel);
        return channel;
    }

    /** Lets dfdaemon fetch a content, and gives its task id. */
    private String fetch(String blob, int pieceLength) {
        String[] id = new String[1];
        DfdaemonDownloadGrpc.newBlockingStub(
                        channel(Endpoint.unix(dir.path().resolve("d.sock"))).channel())
                .withDeadlineAfter(2, TimeUnit.MINUTES)
                .downloadTask(
                        DownloadTaskRequest.newBuilder()
                                .setDownload(
                                        Download.newBuilder()
                                                .setUrl(origin.url() + blob)
                                                .setPieceLength(pieceLength))
                                .build())
                .forEachRemaining(message -> id[0] = message.getTaskId());
        return id[0];
    }

    private long crcOfPiece(GrpcChannel channel, String taskId, int number) {
        var content =
                DfdaemonUploadGrpc.newBlockingStub(channel.channel())
                        .withDeadlineAfter(2, TimeUnit.MINUTES)
                        .withMaxInboundMessageSize(LONGEST + 4096)
                        .downloadPiece(
                                DownloadPieceRequest.newBuilder()
                                        .setTaskId(taskId)
                                        .setPieceNumber(number)
                                        .build())
                        .getPiece()
                        .getContent();
        var crc = new CRC32();
        content.asReadOnlyByteBufferList().forEach(crc::update);
        return crc.getValue();
    }

    private static long crc(byte[] bytes) {
        var crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    @Test
    void piecesOverGrpcNeverEndTheProcess() throws Exception {
        String one = origin.addBlob(81, LONGEST);
        String long1 = fetch(one, LONGEST);
        long expected = crc(origin.content(one));
        GrpcChannel upload = channel(Endpoint.tcp("127.0.0.1", uploadPort));
        for (int round = 0; round < 2; round++) {
            assertThat(crcOfPiece(upload, long1, 0)).isEqualTo(expected);
        }

        String many = origin.addBlob(82, 10 * PIECE);
        String small = fetch(many, PIECE);
        var calls = new ArrayList<FutureTask<Long>>();
        for (int call = 0; call < 40; call++) {
            int number = call % 10;
            var task = new FutureTask<>(() -> crcOfPiece(upload, small, number));
            calls.add(task);
            Thread.ofVirtual().start(task);
        }
        for (int call = 0; call < 40; call++) {
            int from = call % 10 * PIECE;
            assertThat(calls.get(call).get(2, TimeUnit.MINUTES))
                    .isEqualTo(crc(Arrays.copyOfRange(origin.content(many), from, from + PIECE)));
        }
        assertThat(daemon.isAlive()).as(daemon.output()).isTrue();
    }

    @Test
    void aPieceLongerThanAnAnswerIsRefusedWithTheLimit() throws Exception {
        String blob = origin.addBlob(83, LONGEST + 1);
        String taskId = fetch(blob, LONGEST + 1);
        GrpcChannel upload = channel(Endpoint.tcp("127.0.0.1", uploadPort));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> crcOfPiece(upload, taskId, 0))
                .hasMessageContaining("RESOURCE_EXHAUSTED")
                .hasMessageContaining("67108864");
        assertThat(daemon.isAlive()).as(daemon.output()).isTrue();
    }
}
