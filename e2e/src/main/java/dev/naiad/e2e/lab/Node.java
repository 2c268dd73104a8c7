package dev.naiad.e2e.lab;

import dev.naiad.e2e.containerd.Containerd;
import dev.naiad.e2e.containerd.ImagePull;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One machine of the cluster: containerd, snapshotter, nydusd (started by the snapshotter) and a
 * peer, on the guide's ports in a network namespace of its own, with the guide's files below one
 * directory. Not for several threads.
 */
public final class Node implements AutoCloseable {
    /** containerd's namespace. */
    public static final String NAMESPACE = "default";

    private final Dist dist;
    private final String name;
    private final Network.Namespace namespace;
    private final Path directory;
    private final NodeOptions options;
    private final Optional<Dfdaemon> dfdaemon;
    private final Containers containers;
    private final Nydusds nydusds;
    private LabProcess containerd;
    private LabProcess snapshotter;

    Node(
            Dist dist,
            String name,
            Network.Namespace namespace,
            Path directory,
            NodeOptions options,
            Optional<Dfdaemon> dfdaemon)
            throws IOException {
        this.dist = dist;
        this.name = name;
        this.namespace = namespace;
        this.directory = Files.createDirectories(directory);
        this.options = options;
        this.dfdaemon = dfdaemon;
        new NodeConfiguration(directory, options).write();
        this.containers = new Containers(this, directory);
        this.nydusds = new Nydusds(this);
        containerd = newContainerd();
        snapshotter = newSnapshotter();
    }

    private LabProcess newContainerd() {
        return new LabProcess(
                "containerd-" + name,
                namespace,
                directory.resolve("containerd.log"),
                options.containerdEnv(),
                List.of("containerd", "-c", etc().resolve("containerd.toml").toString()));
    }

    private LabProcess newSnapshotter() {
        var program =
                options.snapshotter().isEmpty()
                        ? dist.program("containerd-nydus-grpc")
                        : options.snapshotter();
        return new LabProcess(
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
        // Like the guide's unit (Before=containerd.service): a containerd that does not find its
        // snapshotter retries at growing intervals.
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
        withContainerd("first call", Containerd::ping);
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

    /** Another client that takes the options of {@code ctr}. */
    public Command client(String program, String... words) {
        var argv =
                new ArrayList<String>(
                        List.of(program, "-a", containerdSocket().toString(), "-n", NAMESPACE));
        argv.addAll(List.of(words));
        return Command.of(argv).in(namespace);
    }

    /**
     * Pulls with the labels that CRI and nerdctl send; plain OCI and Nydus go through the same
     * client, and every byte over this node's network.
     */
    public void pull(String reference, String snapshotterName) {
        var registry = "http://" + reference.substring(0, reference.indexOf('/'));
        withContainerd(
                "pull of " + reference,
                connection ->
                        ImagePull.pull(
                                connection,
                                new RegistryOverNetwork(namespace, registry),
                                reference,
                                snapshotterName));
    }

    private interface Talk {
        void with(Containerd connection) throws IOException;
    }

    private void withContainerd(String what, Talk talk) {
        try (var connection = new Containerd(containerdSocket(), NAMESPACE)) {
            talk.with(connection);
        } catch (IOException failure) {
            throw new LabException(name + ": " + what + ": " + causes(failure), failure);
        }
    }

    private static String causes(Throwable failure) {
        return failure.getCause() == null
                ? failure.toString()
                : failure.getMessage() + ": " + causes(failure.getCause());
    }

    /** Runs a program in a new container; returns the outcome. */
    public Command.Result run(String reference, String snapshotterName, String... program) {
        return Command.of(containers.runWords(reference, snapshotterName, List.of(program))).run();
    }

    /** Removes an image, its snapshots and their nydusd. */
    public void removeImage(String reference) {
        ctr("images", "rm", "--sync", reference).must();
    }

    /**
     * Stops the snapshotter and every nydusd, deletes nydusd's cache if asked, and starts the
     * snapshotter again on its data.
     */
    public void restartNydus(boolean dropCache) {
        snapshotter.stop();
        nydusds.stop();
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

    /** The containers that were started here. */
    public Containers containers() {
        return containers;
    }

    /** Its nydusd processes. */
    public Nydusds nydusds() {
        return nydusds;
    }

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
    public LabProcess snapshotter() {
        return snapshotter;
    }

    /** The containerd process. */
    public LabProcess containerd() {
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
