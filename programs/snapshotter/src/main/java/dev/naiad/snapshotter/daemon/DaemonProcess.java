package dev.naiad.snapshotter.daemon;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The operating system's side of one nydusd: a child of ours, or one that an earlier snapshotter
 * started. A child shares no pipe with us and gets no signal when we end, so it outlives us.
 * Thread-safe.
 */
final class DaemonProcess {
    private static final long POLL_MILLIS = 20;

    private final ProcessHandle handle;
    private final @Nullable Process child;

    private DaemonProcess(ProcessHandle handle, @Nullable Process child) {
        this.handle = handle;
        this.child = child;
    }

    /**
     * Starts a program. @param output file that its standard output and error are appended to;
     * empty: ours
     *
     * @throws NaiadException INTERNAL {@code start daemon: fork/exec …}
     */
    static DaemonProcess start(List<String> command, Optional<Path> output) {
        var builder = new ProcessBuilder(command).redirectInput(new File("/dev/null"));
        if (output.isPresent()) {
            builder.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.get().toFile()));
        } else {
            builder.redirectOutput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.INHERIT);
        }
        try {
            Process child = builder.start();
            return new DaemonProcess(child.toHandle(), child);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL,
                    "start daemon: fork/exec " + command.getFirst() + ": " + reason(e),
                    e);
        }
    }

    private static String reason(IOException e) {
        String text = String.valueOf(e.getMessage());
        return text.contains("error=2,") ? "no such file or directory" : text;
    }

    /**
     * The living process that serves {@code apiSocket}: {@code pid} if its command line says so,
     * else whichever does. A number alone proves nothing, it may have been given to another process
     * since.
     */
    static Optional<DaemonProcess> find(int pid, String apiSocket) {
        if (pid > 0 && serves(Path.of("/proc", Integer.toString(pid)), apiSocket)) {
            return ProcessHandle.of(pid).map(handle -> new DaemonProcess(handle, null));
        }
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (serves(process, apiSocket)) {
                    return ProcessHandle.of(Long.parseLong(process.getFileName().toString()))
                            .map(handle -> new DaemonProcess(handle, null));
                }
            }
        } catch (IOException e) {
            // Without /proc nothing can be found.
        }
        return Optional.empty();
    }

    private static boolean serves(Path process, String apiSocket) {
        try {
            String line =
                    Files.readString(
                            process.resolve("cmdline"),
                            java.nio.charset.StandardCharsets.ISO_8859_1);
            var arguments = List.of(line.split("\0"));
            int option = arguments.indexOf("--apisock");
            return option >= 0
                    && option + 1 < arguments.size()
                    && arguments.get(option + 1).equals(apiSocket);
        } catch (IOException e) {
            return false;
        }
    }

    int pid() {
        return Math.toIntExact(handle.pid());
    }

    boolean isAlive() {
        return child != null ? child.isAlive() : handle.isAlive() && !isZombie();
    }

    private boolean isZombie() {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(handle.pid()), "stat"));
            int name = stat.lastIndexOf(')');
            return name >= 0 && stat.length() > name + 2 && stat.charAt(name + 2) == 'Z';
        } catch (IOException e) {
            return true;
        }
    }

    /** {@code exit status 1} of a child that ended; empty for others. */
    Optional<String> exitStatus() {
        return child == null || child.isAlive()
                ? Optional.empty()
                : Optional.of("exit status " + child.exitValue());
    }

    /** SIGTERM, and SIGKILL if it is still there after {@code patience}. */
    void terminate(Duration patience) throws InterruptedException {
        handle.destroy();
        if (!awaitExit(patience)) {
            handle.destroyForcibly();
            awaitExit(patience);
        }
    }

    /** Whether it ended in time. */
    boolean awaitExit(Duration patience) throws InterruptedException {
        if (child != null) {
            return child.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        }
        long end = System.nanoTime() + patience.toNanos();
        while (isAlive()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(POLL_MILLIS);
        }
        return true;
    }
}
