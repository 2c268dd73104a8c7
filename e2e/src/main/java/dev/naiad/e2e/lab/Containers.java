package dev.naiad.e2e.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The containers of one node. Not for several threads. */
public final class Containers {
    /** Lists the shim sockets of the node's containers, for cleaning up after a killed run. */
    static final String LIST = "containers";

    private final Node node;
    private final Path directory;
    private int count;

    Containers(Node node, Path directory) {
        this.node = node;
        this.directory = directory;
    }

    /**
     * The command line that runs a container, with its output on standard output. Each call names a
     * new container.
     */
    public List<String> runWords(String reference, String snapshotterName, List<String> program) {
        String id = "nd" + ProcessHandle.current().pid() + "-" + directory.getFileName() + ++count;
        rememberShim(id);
        var argv =
                new ArrayList<String>(
                        List.of(
                                "ctr",
                                "-a",
                                node.containerdSocket().toString(),
                                "-n",
                                Node.NAMESPACE,
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
        return node.namespace().wrap(argv);
    }

    /**
     * Starts a container in the background.
     *
     * @param id of the container; its shim is stopped with the node if it still runs
     * @param flags of {@code ctr run}
     * @return closing it ends and removes the container
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
        node.ctr(words.toArray(String[]::new)).must();
        return () -> {
            node.ctr("tasks", "rm", "--force", id).run();
            node.ctr("containers", "rm", id).run();
        };
    }

    /** A running container. */
    public interface Running extends AutoCloseable {
        @Override
        void close();
    }

    /** A program in a running container. */
    public Command exec(String id, String... program) {
        var words =
                new ArrayList<String>(
                        List.of(
                                "tasks",
                                "exec",
                                "--fifo-dir",
                                directory.resolve("ff").toString(),
                                "--exec-id",
                                "exec" + ++count,
                                id));
        words.addAll(List.of(program));
        return node.ctr(words.toArray(String[]::new));
    }

    private void rememberShim(String id) {
        try {
            var key = String.join("/", node.containerdSocket().toString(), Node.NAMESPACE, id);
            var digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(key.getBytes(StandardCharsets.UTF_8));
            Files.writeString(
                    directory.resolve(LIST),
                    HexFormat.of().formatHex(digest) + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException | NoSuchAlgorithmException failure) {
            throw new LabException("cannot note the container " + id, failure);
        }
    }
}
