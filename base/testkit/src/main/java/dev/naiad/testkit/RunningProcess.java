package dev.naiad.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A program under test that runs in the background, its output in a file. Close kills it with all
 * its descendants; so does the end of the test's JVM.
 */
public final class RunningProcess implements AutoCloseable {
    private static final Set<ProcessHandle> ALIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> ALIVE.forEach(RunningProcess::killTree)));
    }

    private final Process process;
    private final Path output;
    private final String name;

    private RunningProcess(Process process, Path output, String name) {
        this.process = process;
        this.output = output;
        this.name = name;
    }

    /**
     * Starts a program with this environment added to ours; both its streams go to {@code output},
     * which is truncated.
     */
    public static RunningProcess start(
            Path output, Map<String, String> environment, List<String> command) {
        return start(output, environment, command, false);
    }

    /** {@link #start(Path, Map, List)} with nothing but {@code environment} (and PATH). */
    public static RunningProcess startClean(
            Path output, Map<String, String> environment, List<String> command) {
        return start(output, environment, command, true);
    }

    private static RunningProcess start(
            Path output, Map<String, String> environment, List<String> command, boolean clean) {
        try {
            var builder =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile());
            builder.redirectInput(Path.of("/dev/null").toFile());
            if (clean) {
                String path = builder.environment().get("PATH");
                builder.environment().clear();
                builder.environment()
                        .put("PATH", path == null ? "/usr/bin:/usr/sbin:/bin:/sbin" : path);
            }
            builder.environment().putAll(environment);
            Process process = builder.start();
            ALIVE.add(process.toHandle());
            return new RunningProcess(
                    process,
                    output,
                    Path.of(command.getFirst()).getFileName() + " " + process.pid());
        } catch (IOException e) {
            throw new UncheckedIOException(command.getFirst() + " did not start", e);
        }
    }

    /** Its pid. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** What it printed so far. */
    public String output() {
        try {
            return new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits until it printed {@code text}; fails with all of its output if it ends before, or after
     * a minute.
     */
    public RunningProcess awaitOutput(String text) {
        Await.until(
                name + " prints \"" + text + "\"",
                () -> {
                    boolean alive = isAlive();
                    if (output().contains(text)) {
                        return true;
                    }
                    if (!alive) {
                        throw new AssertionError(
                                name
                                        + " ended with "
                                        + process.exitValue()
                                        + " before it printed \""
                                        + text
                                        + "\":\n"
                                        + output());
                    }
                    return false;
                });
        return this;
    }

    /** Waits for its end; fails after a minute. */
    public int awaitExit() {
        Await.until(name + " ends", () -> !isAlive());
        return process.exitValue();
    }

    /** Asks it to end (SIGTERM) and waits; returns the exit code. */
    public int terminate() {
        process.destroy();
        return awaitExit();
    }

    /** Kills it alone (SIGKILL), not its children, and waits. */
    public void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    /** Kills it and all its descendants, and waits. */
    @Override
    public void close() {
        killTree(process.toHandle());
        ALIVE.remove(process.toHandle());
    }

    static void killTree(ProcessHandle root) {
        List<ProcessHandle> descendants = root.descendants().toList();
        root.destroyForcibly();
        descendants.forEach(ProcessHandle::destroyForcibly);
        try {
            root.onExit().get(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (java.util.concurrent.ExecutionException
                | java.util.concurrent.TimeoutException e) {
            throw new AssertionError("process " + root.pid() + " survived SIGKILL", e);
        }
    }
}
