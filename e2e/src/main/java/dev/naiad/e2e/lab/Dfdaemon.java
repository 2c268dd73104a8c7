package dev.naiad.e2e.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A peer: dfdaemon on the guide's ports, alone in its network namespace. */
public final class Dfdaemon implements AutoCloseable {
    /** gRPC for other peers. */
    public static final int GRPC = 4000;

    /** The proxy that nydusd's mirror names. */
    public static final int PROXY = 4001;

    /** Prometheus text. */
    public static final int METRICS = 4002;

    /** The mirror's {@code ping_url}. */
    public static final int HEALTH = 4003;

    private final Dist dist;
    private final String name;
    private final Network.Namespace namespace;
    private final Path directory;
    private final List<String> argv;
    private LabProcess daemon;

    /** What differs between peers. */
    public record Options(
            boolean seed, boolean prefetch, String registry, String scheduler, String extra) {}

    // sourceGrace: on a machine busy with a whole cluster a peer may be slow for many
    // seconds; the
    // lab counts bytes, so no peer may give up waiting and fetch a piece from the origin a second
    // time.
    Dfdaemon(Dist dist, String name, Network.Namespace namespace, Path directory, Options options)
            throws IOException {
        this.dist = dist;
        this.name = name;
        this.namespace = namespace;
        this.directory = Files.createDirectories(directory);
        var config = directory.resolve("dfdaemon.yaml");
        Files.writeString(
                config,
                """
                host: {ip: %s, hostname: %s}
                server: {pluginDir: %s/plugins, cacheDir: %s/cache}
                scheduler: {announceInterval: 5s}
                seedPeer: {enable: %s}
                storage: {dir: %s/data, keep: true}
                download: {sourceGrace: 60s, server: {socketPath: %s}}
                upload: {server: {port: %d}}
                metrics: {server: {port: %d}}
                health: {server: {port: %d}}
                proxy:
                  prefetch: %s
                  server: {port: %d}
                  registryMirror: {addr: "%s", enableTaskIDBasedBlobDigest: true}
                  rules: [{regex: 'blobs/sha256.*'}]
                %s
                """
                        .formatted(
                                namespace.ip(),
                                name,
                                directory,
                                directory,
                                options.seed(),
                                directory,
                                socket(),
                                GRPC,
                                METRICS,
                                HEALTH,
                                options.prefetch(),
                                PROXY,
                                options.registry(),
                                options.extra()));
        var dynconfig = directory.resolve("dynconfig.yaml");
        Files.writeString(dynconfig, "scheduler: {addrs: [\"" + options.scheduler() + "\"]}\n");
        argv =
                List.of(
                        dist.program("dfdaemon"),
                        "--config",
                        config.toString(),
                        "--dynconfig",
                        dynconfig.toString(),
                        "--log-dir",
                        logDirectory().toString());
        daemon = newDaemon();
    }

    private LabProcess newDaemon() {
        return new LabProcess(
                "dfdaemon-" + name, namespace, directory.resolve("stdout.log"), Map.of(), argv);
    }

    /** Starts it and waits until its proxy and health ports are open. */
    public Dfdaemon start() {
        launch();
        return awaitReady();
    }

    /** Starts it and does not wait. */
    Dfdaemon launch() {
        daemon = newDaemon().start();
        return this;
    }

    Dfdaemon awaitReady() {
        daemon.awaitPort(PROXY).awaitPort(HEALTH).awaitPort(GRPC);
        return this;
    }

    /** Stops it cleanly. */
    public void stop() {
        daemon.stop();
    }

    /** Kills it. */
    public void kill() {
        daemon.kill();
    }

    /** Its unix socket, for dfget. */
    public Path socket() {
        return directory.resolve("dfdaemon.sock");
    }

    /** Where its log files are. */
    public Path logDirectory() {
        return directory.resolve("log");
    }

    /** Its counters. */
    public Counters counters() {
        return Counters.parse(http("http://127.0.0.1:" + METRICS + "/metrics"));
    }

    /** Bytes it got, by origin: {@code BACK_TO_SOURCE}, {@code REMOTE_PEER}, {@code LOCAL_PEER}. */
    public long downloaded(String type) {
        return counters().sum("dragonfly_client_download_traffic", "type=\"" + type + "\"");
    }

    /** Bytes it gave to other peers. */
    public long uploaded() {
        return counters().sum("dragonfly_client_upload_traffic", "");
    }

    /** GET from inside its namespace. */
    public String http(String url) {
        return Command.of("curl", "-sSf", "--max-time", "60", url).in(namespace).must();
    }

    /** dfget through this peer. */
    public Command.Result dfget(String url, Path target, String... more) {
        var words =
                new ArrayList<String>(
                        List.of(
                                dist.program("dfget"),
                                url,
                                "-O",
                                target.toString(),
                                "-e",
                                socket().toString()));
        words.addAll(List.of(more));
        return Command.of(words).in(namespace).run();
    }

    /** The process. */
    public LabProcess daemon() {
        return daemon;
    }

    @Override
    public void close() {
        daemon.close();
    }
}
