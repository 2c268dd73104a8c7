package dev.naiad.cli.main;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.wire.Endpoint;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** A small job of every program, on loopback and in one directory, for {@link TrainingMain}. */
final class TrainingJobs {
    private static final long PATIENCE_MILLIS = 20_000;

    private final Path directory;
    private final HttpClient client = new HttpClient("training", HttpClientConfig.defaults());

    TrainingJobs(Path directory) {
        this.directory = directory;
    }

    void run() {
        TrainingMain.attempt("image", this::image);
        TrainingMain.attempt("acceld", this::acceld);
        TrainingMain.attempt("nydusd", this::nydusd);
        TrainingMain.attempt("swarm", this::swarm);
        TrainingMain.attempt("snapshotter", this::snapshotter);
        client.close();
    }

    /** What a program that has a cache of its own is mostly started for. */
    void run(String program) throws Exception {
        switch (program) {
            case "nydus-image" -> layers();
            case "nydusd" -> nydusd();
            default -> throw new IllegalArgumentException(program);
        }
        client.close();
    }

    /** Builds layers as converters do, and merges them. */
    private void layers() throws Exception {
        var source = Files.createDirectories(directory.resolve("layer"));
        for (int i = 0; i < 500; i++) {
            var text = ("file " + i + "\n").repeat(1 + i * i % 3000);
            Files.writeString(source.resolve("file" + i), text);
        }
        Files.createSymbolicLink(source.resolve("link"), Path.of("file1"));
        int code =
                new ProcessBuilder("tar", "-c", "-f", at("layer.tar"), "-C", source.toString(), ".")
                        .start()
                        .waitFor();
        if (code != 0) {
            throw new IOException("tar: exit code " + code);
        }
        for (var compressor : List.of("zstd", "lz4_block")) {
            TrainingMain.run(
                    "nydus-image",
                    "create",
                    "--type",
                    "tar-rafs",
                    "--fs-version",
                    "6",
                    "--blob-inline-meta",
                    "--features",
                    "blob-toc",
                    "--compressor",
                    compressor,
                    "--blob",
                    at(compressor + ".blob"),
                    at("layer.tar"));
        }
        TrainingMain.run("nydus-image", "merge", "--bootstrap", at("layers.boot"), at("zstd.blob"));
        image();
    }

    private void image() throws Exception {
        var source = Files.createDirectories(directory.resolve("source"));
        Files.writeString(source.resolve("file"), "x".repeat(100_000));
        Files.createSymbolicLink(source.resolve("link"), Path.of("file"));
        Files.createDirectories(directory.resolve("blobs"));
        TrainingMain.run(
                "nydus-image",
                "create",
                "--type",
                "dir-rafs",
                "--fs-version",
                "6",
                "--blob-dir",
                at("blobs"),
                "--bootstrap",
                at("image.boot"),
                at("source"));
        TrainingMain.run("nydus-image", "check", "--bootstrap", at("image.boot"));
        TrainingMain.run(
                "nydus-image", "merge", "--bootstrap", at("merged.boot"), at("image.boot"));
    }

    private void acceld() throws Exception {
        Files.writeString(
                directory.resolve("acceld.yaml"),
                """
                server: {uds: %1$s/acceld.sock}
                provider: {work_dir: %1$s/acceld, gcpolicy: {threshold: 1MB}}
                converter: {worker: 1, driver: {type: nydus}, rules: [{tag_suffix: -nydus}]}
                """
                        .formatted(directory));
        var socket = Endpoint.unix(directory.resolve("acceld.sock"));
        whileRunning(
                "acceld",
                List.of("--config", at("acceld.yaml")),
                () -> {
                    await(() -> get("http://localhost/api/v1/health", socket).equals("Ok"));
                    get("http://localhost/api/v1/conversions", socket);
                });
    }

    /** Mounts the image and reads it, where that is allowed. */
    private void nydusd() throws Exception {
        Files.writeString(
                directory.resolve("nydusd.json"),
                """
                {"device": {"backend": {"type": "localfs", "config": {"dir": "%s"}},
                 "cache": {"type": "blobcache", "config": {"work_dir": "%s"}}},
                 "mode": "direct", "enable_xattr": true,
                 "fs_prefetch": {"enable": true, "threads_count": 2, "merging_size": 131072}}
                """
                        .formatted(at("blobs"), at("cache")));
        Files.createDirectories(directory.resolve("mnt"));
        Files.createDirectories(directory.resolve("cache"));
        var socket = Endpoint.unix(directory.resolve("api.sock"));
        whileRunning(
                "nydusd",
                List.of(
                        "fuse",
                        "--config",
                        at("nydusd.json"),
                        "--bootstrap",
                        at("image.boot"),
                        "--mountpoint",
                        at("mnt"),
                        "--apisock",
                        at("api.sock"),
                        "--log-file",
                        at("nydusd.log")),
                () -> {
                    await(() -> get("http://localhost/api/v1/daemon", socket).contains("RUNNING"));
                    // A process of its own: our thread must not hang in our own mount.
                    var reader =
                            new ProcessBuilder("cp", "-r", at("mnt"), at("copy"))
                                    .inheritIO()
                                    .start();
                    reader.waitFor();
                    get("http://localhost/api/v1/metrics", socket);
                    get("http://localhost/api/v1/metrics/blobcache", socket);
                });
    }

    private void swarm() throws Exception {
        var grpc = freePort();
        Files.writeString(
                directory.resolve("scheduler.yaml"),
                """
                server: {listenIP: 127.0.0.1, advertiseIP: 127.0.0.1, port: %d, logDir: %s}
                """
                        .formatted(grpc, at("log")));
        var proxy = freePort();
        Files.writeString(
                directory.resolve("dfdaemon.yaml"),
                """
                host: {ip: 127.0.0.1, hostname: training}
                server: {pluginDir: %1$s/plugins, cacheDir: %1$s/cache}
                storage: {dir: %1$s/data, keep: true}
                download: {server: {socketPath: %1$s/dfdaemon.sock}}
                upload: {server: {port: %2$d}}
                metrics: {server: {port: %3$d}}
                health: {server: {port: %4$d}}
                proxy:
                  server: {port: %5$d}
                  rules: [{regex: 'blobs/sha256.*'}]
                """
                        .formatted(directory, freePort(), freePort(), freePort(), proxy));
        Files.writeString(
                directory.resolve("dynconfig.yaml"),
                "scheduler: {addrs: [\"127.0.0.1:" + grpc + "\"]}\n");
        whileRunning(
                "scheduler",
                List.of("--config", at("scheduler.yaml")),
                () ->
                        whileRunning(
                                "dfdaemon",
                                List.of(
                                        "--config",
                                        at("dfdaemon.yaml"),
                                        "--dynconfig",
                                        at("dynconfig.yaml"),
                                        "--log-dir",
                                        at("log")),
                                () -> throughThePeer(proxy)));
    }

    /** Asks the peer for a blob of a registry that is not there: the whole way but the answer. */
    private void throughThePeer(int proxy) throws Exception {
        var origin = "http://127.0.0.1:" + freePort();
        await(
                () -> {
                    try (var answer =
                            client.send(
                                    HttpRequest.get(
                                                    "http://127.0.0.1:"
                                                            + proxy
                                                            + "/v2/a/blobs/sha256:"
                                                            + "0".repeat(64))
                                            .with("X-Dragonfly-Registry", origin)
                                            .with("Range", "bytes=0-99")
                                            .withDeadline(Duration.ofSeconds(10)))) {
                        return answer.status() > 0;
                    }
                });
    }

    private void snapshotter() throws Exception {
        Files.createDirectories(directory.resolve("snapshots"));
        whileRunning(
                "containerd-nydus-grpc",
                List.of(
                        "--nydusd-config",
                        at("nydusd.json"),
                        "--root",
                        at("snapshots"),
                        "--address",
                        at("grpc.sock"),
                        "--nydusd",
                        "/bin/true",
                        "--nydus-image",
                        "/bin/true"),
                () -> await(() -> Files.exists(directory.resolve("grpc.sock"))));
    }

    private void whileRunning(String name, List<String> args, TrainingMain.Job job)
            throws Exception {
        try (var nowhere =
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8)) {
            var context = ProgramContext.forTest(nowhere, nowhere, Map.of());
            var program = Programs.named(name).orElseThrow();
            var thread =
                    Thread.ofPlatform()
                            .name(name)
                            .daemon()
                            .start(
                                    () ->
                                            TrainingMain.attempt(
                                                    name, () -> program.run(context, args)));
            try {
                job.run();
            } finally {
                context.stop().request();
                thread.join(Duration.ofMillis(PATIENCE_MILLIS));
            }
        }
    }

    private String get(String url, Endpoint socket) throws IOException {
        try (var answer = client.send(HttpRequest.get(url).over(socket))) {
            return answer.text(1 << 20);
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        var deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (IOException | RuntimeException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("not ready after " + PATIENCE_MILLIS + " ms");
            }
            Thread.sleep(50);
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private String at(String name) {
        return directory.resolve(name).toString();
    }
}
