package dev.naiad.dfdaemon.swarm;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.config.DfdaemonConfig;
import dev.naiad.dfdaemon.main.RunningDfdaemon;
import dev.naiad.dragonfly.api.scheduler.ListHostsRequest;
import dev.naiad.dragonfly.api.scheduler.SchedulerGrpc;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.scheduler.main.SchedulerProgram;
import dev.naiad.testkit.Await;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A real scheduler and real daemons of this JVM, each on ports of its own. */
final class TestSwarm {
    private static final Pattern SCHEDULER = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");

    private final Path dir;
    private final List<RunningDfdaemon> daemons = new ArrayList<>();
    private final HttpClient client =
            new HttpClient(
                    "reader",
                    HttpClientConfig.defaults()
                            .withTimeouts(Duration.ofMinutes(1), Duration.ofMinutes(2)));
    private final TestOrigin origin;
    private int schedulerPort;
    private int schedulerRuns;
    private ProgramContext schedulerContext = context();
    private FutureTask<Integer> schedulerRun = new FutureTask<>(() -> 0);

    TestSwarm(Path dir, TestOrigin origin) {
        this.dir = dir;
        this.origin = origin;
        schedulerRun.run();
    }

    private static ProgramContext context() {
        var nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        return ProgramContext.forTest(nowhere, nowhere, Map.of());
    }

    /** Starts the scheduler; again on its former port after {@link #stopScheduler}. */
    void startScheduler() throws Exception {
        Path logs = Files.createDirectories(dir.resolve("scheduler" + schedulerRuns++));
        Path config = logs.resolve("scheduler.yaml");
        Files.writeString(
                config,
                "server: {listenIP: 127.0.0.1, port: "
                        + schedulerPort
                        + ", logDir: "
                        + logs
                        + ", logLevel: debug}\n");
        var context = context();
        schedulerContext = context;
        schedulerRun =
                new FutureTask<>(
                        () ->
                                new SchedulerProgram()
                                        .run(
                                                context,
                                                List.of(
                                                        "--config",
                                                        config.toString(),
                                                        "--dynconfig",
                                                        logs.resolve("none.yaml").toString())));
        Thread.ofVirtual().start(schedulerRun);
        Path log = logs.resolve("scheduler/core.log");
        Await.until(
                "the scheduler listens",
                () -> Files.exists(log) && port(Files.readString(log)) > 0);
        schedulerPort = port(Files.readString(log));
    }

    private static int port(String log) {
        Matcher found = SCHEDULER.matcher(log);
        return found.find() ? Integer.parseInt(found.group(1)) : 0;
    }

    void stopScheduler() throws Exception {
        schedulerContext.stop().request();
        schedulerRun.get(60, TimeUnit.SECONDS);
    }

    /** Makes a scheduler address that nobody listens on. */
    void noScheduler() throws Exception {
        try (var unused = new java.net.ServerSocket(0)) {
            schedulerPort = unused.getLocalPort();
        }
    }

    RunningDfdaemon start(String name, String... yaml) throws Exception {
        Path home = Files.createDirectories(dir.resolve(name));
        Path dynconfig = home.resolve("dynconfig.yaml");
        Files.writeString(dynconfig, "scheduler: {addrs: [\"127.0.0.1:" + schedulerPort + "\"]}\n");
        String text =
                """
                host: {ip: 127.0.0.1, hostname: %s}
                scheduler: {announceInterval: 30s}
                dynconfig: {refreshInterval: 1s}
                storage: {dir: %s, keep: true, server: {ip: 127.0.0.1, tcpPort: 0}}
                health: {server: {ip: 127.0.0.1, port: 0}}
                metrics: {server: {ip: 127.0.0.1, port: 0}}
                %s
                """
                        .formatted(name, home.resolve("data"), String.join("\n", yaml));
        if (!text.contains("upload:")) {
            text += "upload: {server: {ip: 127.0.0.1, port: 0}}\n";
        }
        if (!text.contains("proxy:")) {
            text += proxy("");
        }
        if (!text.contains("download:")) {
            text += download(name, "sourceGrace: 60s");
        }
        var problems = new Problems();
        DfdaemonConfig config = DfdaemonConfig.parse(YamlReader.parse("test", text), problems);
        problems.throwIfAny();
        RunningDfdaemon daemon = RunningDfdaemon.start(config, dynconfig, context());
        daemons.add(daemon);
        return daemon;
    }

    /** The proxy section of the demo, with more keys. */
    String proxy(String more) {
        return "proxy: {server: {ip: 127.0.0.1, port: 0}, "
                + more
                + (more.isEmpty() ? "" : ", ")
                + "registryMirror: {addr: \""
                + origin.url()
                + "\", enableTaskIDBasedBlobDigest: true}, rules: [{regex: 'blobs/sha256.*'}]}\n";
    }

    /** A patient download section: what is tested is who serves, not how fast this machine is. */
    String download(String name, String more) {
        return "download: {server: {socketPath: " + socket(name) + "}, " + more + "}\n";
    }

    Path socket(String name) {
        return dir.resolve(name + ".sock");
    }

    Path data(String name) {
        return dir.resolve(name).resolve("data");
    }

    void stop(RunningDfdaemon daemon) throws Exception {
        daemons.remove(daemon);
        daemon.close();
    }

    /** What a reader gets through the proxy of a daemon. */
    @SuppressWarnings("ArrayRecordComponent")
    record Answer(int status, byte[] body, dev.naiad.net.http.Headers headers) {}

    Answer get(RunningDfdaemon daemon, String path, String... headers) {
        HttpRequest request =
                HttpRequest.get("http://127.0.0.1:" + daemon.proxyPort() + path)
                        .withHeaders(dev.naiad.net.http.Headers.of(headers))
                        .withDeadline(Duration.ofMinutes(2));
        try (HttpResponse answer = client.send(request)) {
            return new Answer(answer.status(), answer.body().readAll(256 << 20), answer.headers());
        }
    }

    /** What a reader gets, or nothing if the answer breaks off or is an error. */
    java.util.Optional<byte[]> tryGet(RunningDfdaemon daemon, String path) {
        try {
            Answer answer = get(daemon, path);
            return answer.status() < 300
                    ? java.util.Optional.of(answer.body())
                    : java.util.Optional.empty();
        } catch (NaiadException e) {
            return java.util.Optional.empty();
        }
    }

    /** Waits until the scheduler has heard of so many hosts: before that, seeds are unknown. */
    void awaitHosts(int count) {
        Await.until(count + " hosts are announced", () -> knowsHosts(count));
    }

    private boolean knowsHosts(int count) {
        return scheduler(
                stub ->
                        stub.listHosts(ListHostsRequest.getDefaultInstance()).getHostsCount()
                                >= count);
    }

    /** Whether some daemon has told the scheduler that runs now what it holds. */
    boolean heldTasksAreAnnounced() throws IOException {
        return log().contains("announced as held in");
    }

    /** What this JVM logged since the scheduler that runs now was started. */
    String log() throws IOException {
        return Files.readString(
                dir.resolve("scheduler" + (schedulerRuns - 1)).resolve("scheduler/core.log"));
    }

    private boolean scheduler(Function<SchedulerGrpc.SchedulerBlockingStub, Boolean> question) {
        try (var loops = new EventLoops("question", 1);
                var channel = GrpcChannel.open(Endpoint.tcp("127.0.0.1", schedulerPort), loops)) {
            return question.apply(
                    SchedulerGrpc.newBlockingStub(channel.channel())
                            .withDeadlineAfter(60, TimeUnit.SECONDS));
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    /** A metric of a daemon, 0 if it is not there. */
    long metric(RunningDfdaemon daemon, String name) {
        HttpRequest request =
                HttpRequest.get("http://127.0.0.1:" + daemon.metricsPort() + "/metrics");
        try (HttpResponse answer = client.send(request)) {
            return answer.text(1 << 20)
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length())))
                    .findFirst()
                    .orElse(0);
        }
    }

    long traffic(RunningDfdaemon daemon, String type) {
        return metric(daemon, "dragonfly_client_download_traffic{type=\"" + type + "\"}");
    }

    long uploaded(RunningDfdaemon daemon) {
        return metric(daemon, "dragonfly_client_upload_traffic");
    }

    void close() throws Exception {
        for (RunningDfdaemon daemon : List.copyOf(daemons)) {
            stop(daemon);
        }
        client.close();
        stopScheduler();
    }
}
