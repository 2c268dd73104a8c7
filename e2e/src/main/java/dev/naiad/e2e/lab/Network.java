package dev.naiad.e2e.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Network namespaces joined by a bridge in a namespace of its own: nothing of it is visible on the
 * machine's network, and two labs may use the same addresses. A namespace is a file under the lab's
 * directory (a bind mount), so it disappears with the directory.
 */
public final class Network {
    private static final int PREFIX = 24;
    private final Path directory;
    private final Map<String, Namespace> namespaces = new LinkedHashMap<>();
    private final Namespace hub;

    /** One namespace and its address on the bridge. */
    public record Namespace(String name, Path file, String ip) {
        /**
         * The command line that runs a command in it: only the network changes, mounts stay the
         * machine's.
         */
        List<String> wrap(List<String> argv) {
            var words = new ArrayList<String>(List.of("nsenter", "--net=" + file, "--"));
            words.addAll(argv);
            return words;
        }

        /** What identifies it in /proc. */
        long inode() {
            try {
                return (Long) Files.getAttribute(file, "unix:ino");
            } catch (IOException gone) {
                return -2;
            }
        }
    }

    /** A bridge in a new namespace. */
    Network(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.hub = namespace("hub", "");
        run(hub, "ip", "link", "add", "br0", "type", "bridge");
        run(hub, "ip", "link", "set", "br0", "up");
    }

    private Namespace namespace(String name, String ip) throws IOException {
        var file = Files.createFile(directory.resolve(name));
        Command.of("unshare", "--net=" + file, "true").must();
        var made = new Namespace(name, file, ip);
        namespaces.put(name, made);
        run(made, "ip", "link", "set", "lo", "up");
        return made;
    }

    /**
     * A namespace on the bridge that sends at most {@code megabits} a second (0: as fast as it
     * can).
     */
    Namespace join(String name, String ip, int megabits) throws IOException {
        var made = namespace(name, ip);
        run(
                hub,
                "ip",
                "link",
                "add",
                name,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                made.file().toString());
        run(hub, "ip", "link", "set", name, "master", "br0", "up");
        run(made, "ip", "address", "add", ip + "/" + PREFIX, "dev", "eth0");
        run(made, "ip", "link", "set", "eth0", "up");
        if (megabits > 0) {
            // The burst holds 10 ms, but never less than two 64 KB packets: a smaller one loses
            // throughput.
            long burst = Math.max(131_072, megabits * 1_000_000L / 8 / 100);
            run(
                    made,
                    "tc",
                    "qdisc",
                    "add",
                    "dev",
                    "eth0",
                    "root",
                    "tbf",
                    "rate",
                    megabits + "mbit",
                    "burst",
                    Long.toString(burst),
                    "latency",
                    "400ms");
        }
        return made;
    }

    private static void run(Namespace namespace, String... argv) {
        Command.of(argv).in(namespace).must();
    }

    /** Everything that runs in these namespaces. */
    List<Long> processes() {
        return ProcessTable.inNetworks(inodes());
    }

    private Set<Long> inodes() {
        return namespaces.values().stream().map(Namespace::inode).collect(Collectors.toSet());
    }
}
