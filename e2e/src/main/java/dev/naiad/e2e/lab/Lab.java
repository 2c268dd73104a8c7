package dev.naiad.e2e.lab;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A cluster on one machine. Open it, start what the experiment needs, close it: then everything is
 * gone, whatever happened in between. If a process ends without closing it, its shutdown hook
 * cleans up; after a {@code kill -9} the next lab does.
 *
 * <pre>
 *   registry 10.98.0.2 --tbf--+
 *   scheduler, seed 10.98.0.3 +-- br0 (its own namespace)
 *   node1 10.98.0.11 ---------+
 *   node2 10.98.0.12 ---------+
 * </pre>
 */
public final class Lab implements AutoCloseable {
    private static final String NET = "10.98.0.";
    private static final int SCHEDULER_PORT = 8002;

    private final Dist dist;
    private final Workspace workspace;
    private final Thread hook;
    private final Options options;

    @GuardedBy("this") private final List<AutoCloseable> parts = new ArrayList<>();

    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Network network;
    private final Network.Namespace registryNetwork;
    private final Network.Namespace swarmNetwork;
    private Optional<LabProcess> scheduler = Optional.empty();
    private Optional<Dfdaemon> seed = Optional.empty();
    private final List<Registry> registries = new ArrayList<>();

    @GuardedBy("this") private boolean closed;

    private volatile boolean kept;

    /**
     * The lab's options.
     *
     * @param registryMegabits what the registry may send, 0 for no limit
     * @param peerMegabits what each other machine may send, 0 for no limit
     */
    public record Options(int registryMegabits, int peerMegabits) {
        /** No limits: tests. */
        public static final Options FAST = new Options(0, 0);
    }

    private Lab(Dist dist, Options options) {
        this.dist = dist;
        this.options = options;
        this.workspace = Workspace.create();
        this.hook = new Thread(this::closeQuietly, "lab-cleanup");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            network = new Network(workspace.path().resolve("net"));
            registryNetwork = network.join("reg", NET + 2, options.registryMegabits());
            swarmNetwork = network.join("swarm", NET + 3, options.peerMegabits());
        } catch (IOException | RuntimeException failure) {
            close();
            throw failure instanceof RuntimeException known
                    ? known
                    : new LabException("cannot make the network: " + failure, failure);
        }
    }

    /** An empty lab. */
    public static Lab open(Dist dist, Options options) {
        requireRoot();
        return new Lab(dist, options);
    }

    private static void requireRoot() {
        try {
            if (!Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
                throw new LabException("the lab needs root: mounts and network namespaces");
            }
        } catch (IOException failure) {
            throw new LabException("cannot read /proc/self", failure);
        }
    }

    private synchronized <T extends AutoCloseable> T own(T part) {
        if (closed) {
            throw new LabException("the lab is closed");
        }
        parts.add(part);
        return part;
    }

    // --- registries ---

    /** Starts a registry on new storage. */
    public Registry startRegistry(Registry.Options kind) {
        return startRegistry(kind, workspace.path().resolve("reg-data"));
    }

    /** Starts a registry on this storage, which several registries may share. */
    public Registry startRegistry(Registry.Options kind, Path storage) {
        try {
            var made =
                    own(
                            new Registry(
                                    registryNetwork,
                                    workspace
                                            .path()
                                            .resolve(
                                                    "reg-"
                                                            + kind.name()
                                                                    .toLowerCase(
                                                                            java.util.Locale.ROOT)),
                                    storage,
                                    kind));
            registries.add(made);
            return made.start();
        } catch (IOException failure) {
            throw new LabException("cannot set the registry up: " + failure, failure);
        }
    }

    // --- the swarm ---

    /** Starts the scheduler; the nodes' peers look for it at its address. */
    public void startScheduler() {
        var directory = workspace.path().resolve("sch");
        try {
            Files.createDirectories(directory);
            var config = directory.resolve("scheduler.yaml");
            Files.writeString(
                    config,
                    "server: {advertiseIP: %s, port: %d, logDir: %s}\nmetrics: {enable: true, addr: \":8000\"}\n"
                            .formatted(
                                    swarmNetwork.ip(), SCHEDULER_PORT, directory.resolve("log")));
            var daemon =
                    own(
                            new LabProcess(
                                    "scheduler",
                                    swarmNetwork,
                                    directory.resolve("stdout.log"),
                                    Map.of(),
                                    List.of(
                                            dist.program("scheduler"),
                                            "--config",
                                            config.toString(),
                                            "--dynconfig",
                                            directory.resolve("dynconfig.yaml").toString())));
            daemon.start().awaitPort(SCHEDULER_PORT);
            scheduler = Optional.of(daemon);
        } catch (IOException failure) {
            throw new LabException("cannot set the scheduler up: " + failure, failure);
        }
    }

    /** Starts the seed peer beside the scheduler. */
    public Dfdaemon startSeed(String registryUrl) {
        try {
            var made =
                    own(
                            new Dfdaemon(
                                    dist,
                                    "seed1",
                                    swarmNetwork,
                                    workspace.path().resolve("seed"),
                                    new Dfdaemon.Options(
                                            true, false, registryUrl, schedulerAddress(), "")));
            made.start();
            seed = Optional.of(made);
            return made;
        } catch (IOException failure) {
            throw new LabException("cannot set the seed up: " + failure, failure);
        }
    }

    /** Adds a machine that is not started yet. */
    public Node addNode(NodeOptions wanted) {
        int number = nodes.size() + 1;
        var name = "node" + number;
        try {
            var namespace = network.join(name, NET + (10 + number), options.peerMegabits());
            Optional<Dfdaemon> peer =
                    wanted.mirror()
                            ? Optional.of(
                                    new Dfdaemon(
                                            dist,
                                            name,
                                            namespace,
                                            workspace.path().resolve("n" + number + "/df"),
                                            new Dfdaemon.Options(
                                                    false,
                                                    wanted.prefetch(),
                                                    wanted.registry(),
                                                    schedulerAddress(),
                                                    "")))
                            : Optional.empty();
            var node =
                    own(
                            new Node(
                                    dist,
                                    name,
                                    namespace,
                                    workspace.path().resolve("n" + number),
                                    wanted,
                                    peer));
            nodes.put(name, node);
            return node;
        } catch (IOException failure) {
            throw new LabException("cannot set " + name + " up: " + failure, failure);
        }
    }

    /** The scheduler's address, whether it was started or not. */
    public String schedulerAddress() {
        return swarmNetwork.ip() + ":" + SCHEDULER_PORT;
    }

    /** The scheduler's process. */
    public LabProcess scheduler() {
        return scheduler.orElseThrow(() -> new LabException("the scheduler was not started"));
    }

    /** The seed. */
    public Dfdaemon seed() {
        return seed.orElseThrow(() -> new LabException("the seed was not started"));
    }

    // --- tools ---

    /** Converts an image inside the registry's namespace: its link is not used. */
    public Command.Result convert(Registry registry, String source, String target) {
        var work = workspace.path().resolve("convert");
        return Command.of(
                        dist.program("nydusify"),
                        "convert",
                        "--nydus-image",
                        dist.program("nydus-image"),
                        "--work-dir",
                        work.toString(),
                        "--plain-http",
                        "--source",
                        registry.localHost() + "/" + source,
                        "--target",
                        registry.localHost() + "/" + target)
                .in(registry.namespace())
                .run();
    }

    /** Pushes an image of an OCI layout. */
    public void push(Registry registry, Path layout, String tag, String repository) {
        Command.of(
                        "skopeo",
                        "--insecure-policy",
                        "copy",
                        "--dest-tls-verify=false",
                        "oci:" + layout + ":" + tag,
                        "docker://" + registry.localHost() + "/" + repository)
                .in(registry.namespace())
                .must();
    }

    /** The distribution under test. */
    public Dist dist() {
        return dist;
    }

    /** The lab's directory. */
    public Path path() {
        return workspace.path();
    }

    /** The namespace of scheduler and seed. */
    public Network.Namespace swarmNetwork() {
        return swarmNetwork;
    }

    /** The last lines of every component. */
    public String tails() {
        var text = new StringBuilder("--- the lab's components, last lines ---\n");
        registries.forEach(registry -> text.append(registry.daemon().tail(10)));
        filesBelow(workspace.path().resolve("sch/log"), ".log")
                .forEach(log -> text.append(tail("scheduler", log, 15)));
        scheduler.ifPresent(daemon -> text.append(daemon.tail(10)));
        filesBelow(workspace.path().resolve("seed/log"), ".log")
                .forEach(log -> text.append(tail("seed", log, 15)));
        nodes.values().forEach(node -> text.append(node.tails()));
        return text.toString();
    }

    /** The last lines of a file under a heading. */
    static String tail(String name, Path file, int lines) {
        try {
            var all = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
            var last = all.subList(Math.max(0, all.size() - lines), all.size());
            return "["
                    + name
                    + ": "
                    + file
                    + "]\n"
                    + (last.isEmpty() ? "" : String.join("\n", last) + "\n");
        } catch (IOException none) {
            return "[" + name + ": " + file + " is not there]\n";
        }
    }

    /** Files below a directory whose names end with the suffix. */
    public static List<Path> filesBelow(Path directory, String suffix) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> found = Files.walk(directory)) {
            return found.filter(
                            file -> file.toString().endsWith(suffix) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        } catch (IOException | java.io.UncheckedIOException gone) {
            return List.of();
        }
    }

    /** The directory of a file. */
    static Path parent(Path file) {
        var parent = file.getParent();
        return parent == null ? Path.of("/") : parent;
    }

    // --- end ---

    /** Leaves everything running when this process ends. */
    public void keep() {
        try {
            workspace.keep();
            kept = true;
        } catch (IOException failure) {
            throw new LabException("cannot keep the lab: " + failure, failure);
        }
    }

    @Override
    public void close() {
        List<AutoCloseable> reversed;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            reversed = parts.reversed();
        }
        if (!kept) {
            reversed.forEach(Lab::closePart);
            workspace.close();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException inShutdown) {
            // The hook is running this.
        }
    }

    private static void closePart(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception stubborn) {
            // The workspace ends every process in the lab's networks.
        }
    }

    private void closeQuietly() {
        try {
            close();
        } catch (RuntimeException failure) {
            System.err.println("lab: " + failure.getMessage());
        }
    }
}
