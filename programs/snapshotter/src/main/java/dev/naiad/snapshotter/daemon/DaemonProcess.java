package dev.naiad.snapshotter.daemon;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.PidFd;
import dev.naiad.linux.Processes;
import dev.naiad.linux.Spawn;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The operating system's side of one nydusd: a child of ours, or one that an earlier snapshotter
 * started. A child shares no pipe with us and gets no signal when we end, so it outlives us. Held
 * by descriptor, so that a number given to another process meanwhile does no harm. Thread-safe;
 * waiting blocks a platform thread.
 */
final class DaemonProcess implements AutoCloseable {
    private final long pid;

    /** Null for a child that Java awaits: it may be gone before it could be opened. */
    private final @Nullable PidFd handle;

    private final @Nullable Process javaChild;

    private final boolean ours;

    @GuardedBy("this") private OptionalInt exitCode = OptionalInt.empty();

    private DaemonProcess(
            long pid, @Nullable PidFd handle, @Nullable Process javaChild, boolean ours) {
        this.pid = pid;
        this.handle = handle;
        this.javaChild = javaChild;
        this.ours = ours;
    }

    /**
     * Starts a program in a session of its own.
     *
     * @param output file that its standard output and error are appended to; empty: ours, and our
     *     session, as the operator who logs to standard output wants it
     * @throws NaiadException INTERNAL {@code start daemon: fork/exec …}
     */
    static DaemonProcess start(List<String> command, Optional<Path> output) {
        Path program = Path.of(command.getFirst());
        if (!Files.isExecutable(program) || Files.isDirectory(program)) {
            String why = Files.exists(program) ? "permission denied" : "no such file or directory";
            throw failed(program, why, null);
        }
        try {
            if (output.isPresent()) {
                long pid =
                        Spawn.detached(
                                new Spawn.Command(
                                        program.toAbsolutePath(),
                                        command,
                                        System.getenv(),
                                        output.get(),
                                        List.of()));
                return new DaemonProcess(pid, opened(pid), null, true);
            }
            Process child =
                    new ProcessBuilder(command)
                            .redirectInput(new File("/dev/null"))
                            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            return new DaemonProcess(child.pid(), null, child, false);
        } catch (IOException e) {
            throw failed(program, String.valueOf(e.getMessage()), e);
        } catch (NaiadException e) {
            throw failed(program, e.what(), e);
        }
    }

    private static PidFd opened(long pid) {
        return PidFd.open(pid)
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.NOT_FOUND, "process " + pid + " vanished"));
    }

    private static NaiadException failed(Path program, String why, @Nullable Exception cause) {
        return new NaiadException(
                ErrorKind.INTERNAL, "start daemon: fork/exec " + program + ": " + why, cause);
    }

    /**
     * The living process that serves {@code apiSocket}: {@code pid} if its command line says so,
     * else whichever does.
     */
    static Optional<DaemonProcess> find(int pid, String apiSocket) {
        if (pid > 0) {
            Optional<DaemonProcess> known = ifServing(pid, apiSocket);
            if (known.isPresent()) {
                return known;
            }
        }
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                Optional<DaemonProcess> found =
                        ifServing(Long.parseLong(process.getFileName().toString()), apiSocket);
                if (found.isPresent()) {
                    return found;
                }
            }
        } catch (IOException e) {
            // Without /proc nothing can be found.
        }
        return Optional.empty();
    }

    private static Optional<DaemonProcess> ifServing(long pid, String apiSocket) {
        if (!serves(pid, apiSocket)) {
            return Optional.empty();
        }
        Optional<PidFd> handle = PidFd.open(pid);
        // Looked at again: only now can the number no longer change its meaning.
        if (handle.isPresent() && !serves(pid, apiSocket)) {
            handle.get().close();
            return Optional.empty();
        }
        return handle.map(fd -> new DaemonProcess(pid, fd, null, false));
    }

    private static boolean serves(long pid, String apiSocket) {
        try {
            byte[] line = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "cmdline"));
            var arguments = List.of(new String(line, StandardCharsets.UTF_8).split("\0", -1));
            int option = arguments.indexOf("--apisock");
            return option >= 0
                    && option + 1 < arguments.size()
                    && arguments.get(option + 1).equals(apiSocket);
        } catch (IOException e) {
            return false;
        }
    }

    int pid() {
        return Math.toIntExact(pid);
    }

    boolean isAlive() {
        return !awaitExit(Duration.ZERO);
    }

    /** {@code exit status 1} of a child that ended; empty for others. */
    synchronized Optional<String> exitStatus() {
        OptionalInt code = exitCode;
        if (javaChild != null && !javaChild.isAlive()) {
            code = OptionalInt.of(javaChild.exitValue());
        }
        return code.isPresent() ? Optional.of("exit status " + code.getAsInt()) : Optional.empty();
    }

    /** SIGTERM, and SIGKILL if it is still there after {@code patience}. */
    void terminate(Duration patience) {
        signal(PidFd.SIGTERM);
        if (!awaitExit(patience)) {
            signal(PidFd.SIGKILL);
            awaitExit(patience);
        }
    }

    /** SIGKILL: it cannot unmount any more. */
    void kill(Duration patience) {
        signal(PidFd.SIGKILL);
        awaitExit(patience);
    }

    private void signal(int signal) {
        if (handle != null) {
            handle.signal(signal);
        } else if (javaChild != null && signal == PidFd.SIGKILL) {
            javaChild.destroyForcibly();
        } else if (javaChild != null) {
            javaChild.destroy();
        }
    }

    /** Whether it ended in time. */
    boolean awaitExit(Duration patience) {
        if (handle == null) {
            return awaitJavaChild(patience);
        }
        if (!handle.awaitEnd(patience)) {
            return false;
        }
        if (ours) {
            synchronized (this) {
                if (exitCode.isEmpty()) {
                    exitCode = Processes.reap(pid);
                }
            }
        }
        return true;
    }

    private boolean awaitJavaChild(Duration patience) {
        if (javaChild == null) {
            return true;
        }
        try {
            return javaChild.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !javaChild.isAlive();
        }
    }

    @Override
    public void close() {
        if (handle != null) {
            handle.close();
        }
    }
}
