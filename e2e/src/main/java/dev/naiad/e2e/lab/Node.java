package dev.naiad.e2e.lab;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * One machine of the cluster: containerd, snapshotter, nydusd (started by the snapshotter) and a
 * peer, on the guide's ports in a network namespace of its own, with the guide's files below one
 * directory. Not for several threads.
 */
public final class Node implements AutoCloseable {
    /** Lists the shim sockets of this node's containers. */
    static final String CONTAINERS = "containers";

    /** Of containerd. */
    public static final String NAMESPACE = "default";

    private final Dist dist;
    private final String name;
    private final Network.Namespace namespace;
    private final Path directory;
    private final Options options;
    private final Optional<Dfdaemon> dfdaemon;
    private int containers;
    private Daemon containerd;
    private Daemon snapshotter;

    /**
     * What differs between nodes.
     *
     * @param mirror nydusd reads through the peer, as the guide says; else straight from the
     *     registry
     * @param prefetch nydusd and the peer fetch ahead, as in the guide
     * @param snapshotter the program; empty for ours
     * @param registry {@code http://ip:port} that the mirror passes on
     * @param containerdEnv variables of containerd
     * @param nydusdConfig a last change to nydusd's configuration
     */
    public record Options(
            boolean mirror,
            boolean prefetch,
            String snapshotter,
            String registry,
            Map<String, String> containerdEnv,
            UnaryOperator<String> nydusdConfig) {
        /** The guide's settings but for prefetch. */
        public static Options guide(String registry) {
            return new Options(true, false, "", registry, Map.of(), UnaryOperator.identity());
        }

        /**
         * nydusd waits a minute instead of the guide's ten seconds: where bytes are counted, a slow
         * machine must not make it ask the origin past its peer.
         */
        public Options patient() {
            return withNydusdConfig(
                    config ->
                            config.replace("\"timeout\": 10", "\"timeout\": 60")
                                    .replace("\"connect_timeout\": 10", "\"connect_timeout\": 60"));
        }

        /** With prefetch or without. */
        public Options withPrefetch(boolean on) {
            return new Options(mirror, on, snapshotter, registry, containerdEnv, nydusdConfig);
        }

        /** nydusd reads straight from the registry; there is no peer. */
        public Options withoutPeer() {
            return new Options(false, prefetch, snapshotter, registry, containerdEnv, nydusdConfig);
        }

        /** Another snapshotter. */
        public Options withSnapshotter(String program) {
            return new Options(mirror, prefetch, program, registry, containerdEnv, nydusdConfig);
        }

        /** Another registry. */
        public Options withRegistry(String url) {
            return new Options(mirror, prefetch, snapshotter, url, containerdEnv, nydusdConfig);
        }

        /** A variable of containerd. */
        public Options withContainerdEnv(String key, String value) {
            return new Options(
                    mirror, prefetch, snapshotter, registry, Map.of(key, value), nydusdConfig);
        }

        /** A change to nydusd's configuration text. */
        public Options withNydusdConfig(UnaryOperator<String> change) {
            return new Options(mirror, prefetch, snapshotter, registry, containerdEnv, change);
        }
    }

    Node(
            Dist dist,
            String name,
            Network.Namespace namespace,
            Path directory,
            Options options,
            Optional<Dfdaemon> dfdaemon)
            throws IOException {
        this.dist = dist;
        this.name = name;
        this.namespace = namespace;
        this.directory = Files.createDirectories(directory);
        this.options = options;
        this.dfdaemon = dfdaemon;
        writeConfiguration();
        containerd = newContainerd();
        snapshotter = newSnapshotter();
    }

    private void writeConfiguration() throws IOException {
        Files.createDirectories(etc());
        Files.writeString(
                etc().resolve("containerd.toml"),
                """
                version = 2
                root = "%1$s/cd"
                state = "%1$s/cs"
                disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
                [grpc]
                  address = "%1$s/c.sock"
                [proxy_plugins]
                  [proxy_plugins.nydus]
                    type = "snapshot"
                    address = "%1$s/n.sock"
                [[plugins."io.containerd.transfer.v1.local".unpack_config]]
                  platform = "linux/amd64"
                  snapshotter = "nydus"
                """
                        .formatted(directory));
        Files.writeString(
                etc().resolve("nydusd-config.json"), options.nydusdConfig().apply(nydusdConfig()));
    }

    private String nydusdConfig() {
        var scheme = options.registry().substring(0, options.registry().indexOf(':'));
        var mirrors =
                options.mirror()
                        ? """
                        "mirrors": [{"host": "http://127.0.0.1:%d", "auth_through": false,
                          "headers": {"X-Dragonfly-Registry": "%s"},
                          "ping_url": "http://127.0.0.1:%d/healthy"}],
                        """
                                .formatted(Dfdaemon.PROXY, options.registry(), Dfdaemon.HEALTH)
                        : "";
        return """
        {"device": {"backend": {"type": "registry", "config": {%s"scheme": "%s", "skip_verify": true,
            "timeout": 10, "connect_timeout": 10, "retry_limit": 2}},
          "cache": {"type": "blobcache", "config": {"work_dir": "/var/lib/nydus/cache/"}}},
         "mode": "direct", "digest_validate": false, "iostats_files": false, "enable_xattr": true,
         "fs_prefetch": {"enable": %s, "threads_count": 10, "merging_size": 131072, "bandwidth_rate": 1048576}}
        """
                .formatted(mirrors, scheme, options.prefetch());
    }

    private Daemon newContainerd() {
        return new Daemon(
                "containerd-" + name,
                namespace,
                directory.resolve("containerd.log"),
                options.containerdEnv(),
                List.of("containerd", "-c", etc().resolve("containerd.toml").toString()));
    }

    private Daemon newSnapshotter() {
        var program =
                options.snapshotter().isEmpty()
                        ? dist.program("containerd-nydus-grpc")
                        : options.snapshotter();
        return new Daemon(
                "snapshotter-" + name,
                namespace,
                directory.resolve("snapshotter.log"),
                Map.of(),
                List.of(
                        program,
                        "--nydusd-config",
                        etc().resolve("nydusd-config.json").toString(),
                        "--root",
                        root().toString(),
                        "--address",
                        directory.resolve("n.sock").toString(),
                        "--nydusd",
                        dist.program("nydusd"),
                        "--nydus-image",
                        dist.program("nydus-image")));
    }

    /** Starts everything and waits until containerd sees the snapshotter. */
    public Node start() {
        dfdaemon.ifPresent(Dfdaemon::launch);
        snapshotter.start();
        awaitSnapshotter();
        // Like the guide's unit (Before=containerd.service): a containerd that finds nobody waits
        // longer and longer.
        containerd.start();
        return awaitReady();
    }

    Node awaitReady() {
        containerd.await(
                "it answers and has the nydus plugin",
                () -> {
                    var plugins = ctr("plugin", "ls").run();
                    return plugins.code() == 0
                            && plugins.out()
                                    .lines()
                                    .anyMatch(
                                            line -> line.contains("nydus") && line.contains(" ok"));
                });
        dfdaemon.ifPresent(Dfdaemon::awaitReady);
        return this;
    }

    private void awaitSnapshotter() {
        snapshotter.await("its socket answers", () -> accepts(directory.resolve("n.sock")));
    }

    private static boolean accepts(Path socket) throws IOException {
        try (var connection = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return connection.connect(UnixDomainSocketAddress.of(socket));
        }
    }

    // --- containerd ---

    /** {@code ctr} with this node's containerd. */
    public Command ctr(String... words) {
        return client("ctr", words);
    }

    /** {@code ctr-remote} with this node's containerd. */
    public Command ctrRemote(String... words) {
        return client("ctr-remote", words);
    }

    private Command client(String program, String... words) {
        var argv =
                new ArrayList<String>(
                        List.of(program, "-a", containerdSocket().toString(), "-n", NAMESPACE));
        argv.addAll(List.of(words));
        return Command.of(argv).in(namespace);
    }

    /**
     * Pulls with the labels that CRI and nerdctl send; plain OCI and Nydus go through the same
     * client.
     */
    public void pull(String reference, String snapshotterName) {
        ctrRemote(
                        "images",
                        "rpull",
                        "--plain-http",
                        "--snapshotter",
                        snapshotterName,
                        "--use-containerd-labels",
                        reference)
                .must();
    }

    /**
     * The words that run a container; its output comes on standard output. Each call names a new
     * container.
     */
    public List<String> runWords(String reference, String snapshotterName, List<String> program) {
        String id =
                "nd" + ProcessHandle.current().pid() + "-" + directory.getFileName() + ++containers;
        rememberShim(id);
        var argv =
                new ArrayList<String>(
                        List.of(
                                "ctr",
                                "-a",
                                containerdSocket().toString(),
                                "-n",
                                NAMESPACE,
                                "run",
                                "--rm",
                                "--net-host",
                                "--cgroup",
                                "",
                                "--runc-root",
                                directory.resolve("rc").toString(),
                                "--fifo-dir",
                                directory.resolve("ff").toString(),
                                "--snapshotter",
                                snapshotterName,
                                reference,
                                id));
        argv.addAll(program);
        return namespace.wrap(argv);
    }

    /** Runs a program in a new container and answers what came of it. */
    public Command.Result run(String reference, String snapshotterName, String... program) {
        return Command.of(runWords(reference, snapshotterName, List.of(program))).run();
    }

    /**
     * Starts a container that goes on running.
     *
     * @param id whose shim is stopped with the node, if it is still there
     * @param flags of {@code ctr run}
     * @return ends and removes it
     */
    public Running start(
            String reference,
            String snapshotterName,
            String id,
            List<String> flags,
            String... program) {
        rememberShim(id);
        var words =
                new ArrayList<String>(
                        List.of(
                                "run",
                                "--detach",
                                "--net-host",
                                "--runc-root",
                                directory.resolve("rc").toString(),
                                "--fifo-dir",
                                directory.resolve("ff").toString(),
                                "--snapshotter",
                                snapshotterName));
        words.addAll(flags);
        words.add(reference);
        words.add(id);
        words.addAll(List.of(program));
        ctr(words.toArray(String[]::new)).must();
        return () -> {
            ctr("tasks", "rm", "--force", id).run();
            ctr("containers", "rm", id).run();
        };
    }

    /** A container that runs. */
    public interface Running extends AutoCloseable {
        @Override
        void close();
    }

    /** A program in a container that runs. */
    public Command exec(String id, String... program) {
        var words =
                new ArrayList<String>(
                        List.of(
                                "tasks",
                                "exec",
                                "--fifo-dir",
                                directory.resolve("ff").toString(),
                                "--exec-id",
                                "exec" + ++containers,
                                id));
        words.addAll(List.of(program));
        return ctr(words.toArray(String[]::new));
    }

    private void rememberShim(String id) {
        try {
            var key = String.join("/", containerdSocket().toString(), NAMESPACE, id);
            var digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(key.getBytes(StandardCharsets.UTF_8));
            Files.writeString(
                    directory.resolve(CONTAINERS),
                    HexFormat.of().formatHex(digest) + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException | NoSuchAlgorithmException failure) {
            throw new LabException("cannot note the container " + id, failure);
        }
    }

    /** Removes an image, its snapshots and their nydusd. */
    public void removeImage(String reference) {
        ctr("images", "rm", "--sync", reference).must();
    }

    // --- nydusd ---

    /** Sockets of the nydusd processes of this node. */
    public List<Path> apiSockets() {
        var sockets = new ArrayList<Path>();
        try (DirectoryStream<Path> ids = Files.newDirectoryStream(root().resolve("socket"))) {
            for (Path id : ids) {
                if (Files.exists(id.resolve("api.sock"))) {
                    sockets.add(id.resolve("api.sock"));
                }
            }
        } catch (IOException none) {
            return sockets;
        }
        return sockets;
    }

    /** GET on the API of every nydusd. */
    public List<String> nydusdApi(String path) {
        return apiSockets().stream()
                .map(
                        socket ->
                                Command.of(
                                                "curl",
                                                "-sS",
                                                "--max-time",
                                                "60",
                                                "--unix-socket",
                                                socket.toString(),
                                                "http://unix" + path)
                                        .run())
                .filter(result -> result.code() == 0)
                .map(Command.Result::out)
                .toList();
    }

    /** Process ids of the nydusd processes. */
    public List<Long> nydusds() {
        return Processes.mentioning(root() + "/socket/").stream()
                .filter(pid -> Processes.commandLine(pid).contains("--apisock"))
                .toList();
    }

    /** Ends every nydusd of this node and waits until its mount is gone. */
    public void stopNydusds() {
        for (long pid : nydusds()) {
            Processes.signal(pid, "TERM");
        }
        Await.until("nydusd ends", () -> nydusds().isEmpty(), this::tails);
        Await.until("the mounts are gone", () -> mounts().isEmpty(), this::tails);
    }

    /** Mount points of RAFS instances. */
    public List<Path> mounts() {
        return Workspace.mountsBelow(root().resolve("snapshots")).stream()
                .filter(point -> point.endsWith("mnt"))
                .toList();
    }

    /**
     * Stops the snapshotter and every nydusd, drops nydusd's cache if asked, and starts the
     * snapshotter on its data again.
     */
    public void restartNydus(boolean dropCache) {
        snapshotter.stop();
        stopNydusds();
        if (dropCache) {
            Workspace.deleteTree(root().resolve("cache"));
        }
        snapshotter = newSnapshotter().start();
        awaitSnapshotter();
        snapshotter.await(
                "containerd reaches it again",
                () -> ctr("snapshots", "--snapshotter", "nydus", "ls").run().code() == 0);
    }

    // --- parts ---

    /** The snapshotter's root. */
    public Path root() {
        return directory.resolve("ny");
    }

    /** nydusd's blob cache. */
    public Path cache() {
        return root().resolve("cache");
    }

    /** The configuration files. */
    public Path etc() {
        return directory.resolve("etc");
    }

    /** containerd's socket. */
    public Path containerdSocket() {
        return directory.resolve("c.sock");
    }

    /** The node's peer. */
    public Dfdaemon peer() {
        return dfdaemon.orElseThrow(() -> new LabException(name + " has no peer"));
    }

    /** The snapshotter's process. */
    public Daemon snapshotter() {
        return snapshotter;
    }

    /** The containerd process. */
    public Daemon containerd() {
        return containerd;
    }

    /** Its namespace. */
    public Network.Namespace namespace() {
        return namespace;
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** The name of its directory in the lab's. */
    public String directoryName() {
        return String.valueOf(directory.getFileName());
    }

    /** The last lines of every component of this node. */
    public String tails() {
        var text = new StringBuilder();
        text.append(containerd.tail(15)).append(snapshotter.tail(25));
        Lab.filesBelow(root().resolve("logs"), ".log")
                .forEach(log -> text.append(Lab.tail("nydusd " + name, log, 25)));
        dfdaemon.ifPresent(
                peer -> {
                    text.append(peer.daemon().tail(15));
                    Lab.filesBelow(peer.logDirectory(), ".log")
                            .forEach(log -> text.append(Lab.tail("dfdaemon " + name, log, 25)));
                });
        return text.toString();
    }

    @Override
    public void close() {
        containerd.close();
        snapshotter.close();
        dfdaemon.ifPresent(Dfdaemon::close);
    }
}
