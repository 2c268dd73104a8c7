package dev.naiad.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs short programs to their end. */
public final class Commands {
    private static final long SECONDS = 120;

    private Commands() {}

    /** What a program printed (both streams together) and how it ended. */
    public record Result(int exitCode, String output) {
        /** This result, if the program succeeded; else the test fails with the output. */
        public Result orFail() {
            if (exitCode != 0) {
                throw new AssertionError("exit code " + exitCode + ": " + output);
            }
            return this;
        }
    }

    /**
     * Runs a program from the PATH without input. After two minutes it is killed and the test
     * fails.
     */
    public static Result run(String... command) {
        return run(List.of(command));
    }

    /** {@link #run(String...)}. */
    public static Result run(List<String> command) {
        Path output = null;
        try {
            output = Files.createTempFile("naiad-command", ".out");
            var builder =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile());
            builder.redirectInput(Path.of("/dev/null").toFile());
            Process process = builder.start();
            try {
                if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                    throw new AssertionError(
                            command + " did not end in " + SECONDS + " s: " + text(output));
                }
            } finally {
                RunningProcess.killTree(process.toHandle());
            }
            return new Result(process.exitValue(), text(output));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(command + " was interrupted", e);
        } finally {
            if (output != null) {
                deleteQuietly(output);
            }
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The machine cleans its temporary directory itself.
        }
    }
}
