package dev.naiad.snapshotter.contract;

import dev.naiad.testkit.Requires;
import java.io.File;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One snapshotter process, the original or ours, on directories of its own. */
final class RunningSnapshotter implements AutoCloseable {
    private static final long START_SECONDS = 60;

    private final Process process;
    private final Path log;
    final Path socket;

    private RunningSnapshotter(Process process, Path log, Path socket) {
        this.process = process;
        this.log = log;
        this.socket = socket;
    }

    /** Which program. */
    enum Program {
        ORIGINAL,
        OURS
    }

    /** With the umask each of them must be able to bear: the original takes modes from it. */
    private static List<String> command(Program program) {
        return switch (program) {
            case ORIGINAL -> {
                Path original = Path.of("/usr/bin/containerd-nydus-grpc");
                Requires.that(
                        Files.isExecutable(original), "the package nydus-snapshotter is not there");
                yield List.of("sh", "-c", "umask 022; exec \"$@\"", "sh", original.toString());
            }
            case OURS -> {
                var command = new ArrayList<>(List.of("sh", "-c", "umask 077; exec \"$@\"", "sh"));
                command.addAll(java(SnapshotterMain.class));
                yield List.copyOf(command);
            }
        };
    }

    /** A class of this module's tests as a program of its own. */
    static List<String> java(Class<?> main) {
        String classPath =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath,
                main.getName());
    }

    /**
     * Starts it on {@code base/root} and a socket in {@code base} of the program's own, and returns
     * when the socket accepts. One program's socket is never deleted for the other: it may still be
     * setting its mode.
     */
    static RunningSnapshotter start(Program program, Path base, List<String> flags)
            throws IOException, InterruptedException {
        return start(program, base, Map.of(), flags);
    }

    static RunningSnapshotter start(
            Program program, Path base, Map<String, String> environment, List<String> flags)
            throws IOException, InterruptedException {
        Path socket = base.resolve(program + ".sock");
        Files.deleteIfExists(socket);
        var command = new ArrayList<>(command(program));
        command.addAll(
                List.of(
                        "--root",
                        base.resolve("root").toString(),
                        "--address",
                        socket.toString(),
                        "--log-to-stdout"));
        command.addAll(flags);
        Path log = base.resolve("snapshotter.log");
        var builder =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(new File("/dev/null"))
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        Process process = builder.start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (!accepts(socket)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                process.destroyForcibly();
                throw new IOException(program + " does not start:\n" + Files.readString(log));
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        return new RunningSnapshotter(process, log, socket);
    }

    /** The file of a socket exists before its program listens. */
    private static boolean accepts(Path socket) {
        try (var connection = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return connection.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    SnapshotsClient client() {
        return new SnapshotsClient(socket);
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    private boolean awaitEnd() {
        try {
            return process.waitFor(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !process.isAlive();
        }
    }

    /** SIGTERM. @return the exit code */
    int stop() {
        process.destroy();
        if (!awaitEnd()) {
            kill();
            throw new IllegalStateException("does not end");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            stop();
        }
    }
}
