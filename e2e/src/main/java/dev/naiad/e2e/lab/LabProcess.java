package dev.naiad.e2e.lab;

import dev.naiad.testkit.Await;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A program that runs until it is stopped, in a network namespace and in a session of its own:
 * Ctrl-C on the terminal reaches the lab, which then stops everything in order. Standard output and
 * error go to one file. Not for several threads.
 */
public final class LabProcess implements AutoCloseable {
    private static final Duration STOP = Duration.ofSeconds(10);
    private final String name;
    private final List<String> argv;
    private final Map<String, String> env;
    private final Network.Namespace namespace;
    private final Path log;
    private @Nullable Process process;

    /** A daemon that is not started yet. */
    public LabProcess(
            String name,
            Network.Namespace namespace,
            Path log,
            Map<String, String> env,
            List<String> argv) {
        this.name = name;
        this.namespace = namespace;
        this.log = log;
        this.env = Map.copyOf(env);
        this.argv = List.copyOf(argv);
    }

    /** Starts it, without waiting until it is ready. */
    public LabProcess start() {
        var words = new ArrayList<String>(List.of("setsid"));
        words.addAll(namespace.wrap(argv));
        try {
            Files.createDirectories(Lab.parent(log));
            process =
                    Command.builder(words, env, Path.of("/"))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .start();
        } catch (IOException failure) {
            throw new LabException("cannot start " + name + ": " + failure, failure);
        }
        return this;
    }

    /** Waits until the condition holds; fails at once if the daemon ends first. */
    public LabProcess await(String what, Callable<Boolean> ready) {
        Await.until(
                name + ": " + what,
                () -> {
                    boolean alive = isAlive();
                    if (ready.call()) {
                        return true;
                    }
                    if (!alive) {
                        throw new LabException(
                                name
                                        + " ended with "
                                        + exitCode()
                                        + " before "
                                        + what
                                        + "\n"
                                        + tail(40));
                    }
                    return false;
                },
                () -> tail(40));
        return this;
    }

    /** Waits until it listens on the TCP port. */
    public LabProcess awaitPort(int port) {
        return await("it listens on port " + port, () -> ProcessTable.listens(pid(), port));
    }

    /** The daemon's process id: nsenter and setsid exec into it. */
    public long pid() {
        return started().pid();
    }

    /** True while it runs. */
    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Its exit code; -1 while it runs. */
    public int exitCode() {
        var ended = started();
        return ended.isAlive() ? -1 : ended.exitValue();
    }

    /** Waits for its end; returns the exit code. */
    public int awaitExit(Duration atMost) {
        try {
            if (!started().waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new LabException(name + " still runs after " + atMost + "\n" + tail(40));
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while waiting for " + name, stopped);
        }
        return exitCode();
    }

    /** SIGKILL. */
    public void kill() {
        if (process != null) {
            process.destroyForcibly();
            awaitExit(STOP);
        }
    }

    /** SIGTERM, and after ten seconds SIGKILL. */
    public void stop() {
        if (process == null) {
            return;
        }
        process.destroy();
        try {
            if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException stopped) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** The daemon's name in messages. */
    public String name() {
        return name;
    }

    /** What it wrote to standard output and error. */
    public Path log() {
        return log;
    }

    /** The last lines it wrote. */
    public String tail(int lines) {
        return Lab.tail(name, log, lines);
    }

    /** Everything it wrote. */
    public String output() {
        try {
            return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
        } catch (IOException none) {
            return "";
        }
    }

    private Process started() {
        if (process == null) {
            throw new LabException(name + " was not started");
        }
        return process;
    }
}
