package dev.naiad.e2e.lab;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program that is run to its end. Output goes through files, not pipes: a daemon that the program
 * leaves behind cannot hold us up. Immutable.
 */
public final class Command {
    private final List<String> argv;
    private final Map<String, String> env;
    private final Duration atMost;
    private final Path directory;

    /** The outcome of a program: exit code (124 when it took too long) and output. */
    public record Result(List<String> argv, int code, String out, String err) {
        /** Standard output; throws with all that is known if the program failed. */
        public String orThrow() {
            if (code != 0) {
                throw new LabException(
                        String.join(" ", argv) + "\nended with " + code + "\n" + out + err);
            }
            return out;
        }

        /** Both outputs. */
        public String text() {
            return out + err;
        }
    }

    private Command(List<String> argv, Map<String, String> env, Duration atMost, Path directory) {
        this.argv = List.copyOf(argv);
        this.env = Map.copyOf(env);
        this.atMost = atMost;
        this.directory = directory;
    }

    /** A command by its words. */
    public static Command of(String... argv) {
        return of(List.of(argv));
    }

    /** A command by its words. */
    public static Command of(List<String> argv) {
        return new Command(argv, Map.of(), Duration.ofMinutes(5), Path.of("/"));
    }

    /** The same command in a network namespace. */
    public Command in(Network.Namespace namespace) {
        return new Command(namespace.wrap(argv), env, atMost, directory);
    }

    /** One more variable. */
    public Command env(String name, String value) {
        var more = new LinkedHashMap<>(env);
        more.put(name, value);
        return new Command(argv, more, atMost, directory);
    }

    /** Kills the program after this long. */
    public Command atMost(Duration limit) {
        return new Command(argv, env, limit, directory);
    }

    /** Runs and expects success; returns standard output. */
    public String must() {
        return run().orThrow();
    }

    /** Runs; a failure is a result, too. */
    public Result run() {
        Path out = null;
        Path err = null;
        try {
            out = Files.createTempFile("nd-out", "");
            err = Files.createTempFile("nd-err", "");
            var process =
                    builder(argv, env, directory)
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile())
                            .start();
            int code = 124;
            try {
                if (process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                    code = process.exitValue();
                }
            } finally {
                process.destroyForcibly();
            }
            return new Result(argv, code, text(out), text(err));
        } catch (IOException cannotStart) {
            return new Result(argv, 127, "", cannotStart.getMessage() + "\n");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted: " + String.join(" ", argv), stopped);
        } finally {
            delete(out);
            delete(err);
        }
    }

    /**
     * A process that takes nothing from us: no input, and an environment that does not depend on
     * how we were started.
     */
    static ProcessBuilder builder(List<String> argv, Map<String, String> env, Path directory) {
        var builder = new ProcessBuilder(new ArrayList<>(argv)).directory(directory.toFile());
        builder.redirectInput(new File("/dev/null"));
        var environment = builder.environment();
        // Only what programs need: a user's HOME, proxies and JVM options must not change what the
        // lab does.
        environment.keySet().removeIf(name -> !name.equals("PATH") && !name.equals("TMPDIR"));
        environment.putIfAbsent(
                "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("HOME", "/root");
        environment.put("LC_ALL", "C.UTF-8");
        environment.putAll(env);
        return builder;
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static void delete(@org.jspecify.annotations.Nullable Path file) {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
