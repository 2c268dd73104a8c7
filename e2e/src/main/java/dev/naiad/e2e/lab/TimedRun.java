package dev.naiad.e2e.lab;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A program timed from its start to the first byte it prints and to its end.
 *
 * @param firstOutput from the clock's start to the first byte
 * @param exit from the clock's start to the end
 * @param output what it printed
 * @param measured the meter's reading at the first byte
 */
public record TimedRun(Duration firstOutput, Duration exit, String output, long measured) {
    /**
     * Runs a command; {@code clockStart} is a {@link System#nanoTime}, which may be earlier if a
     * pull is to be included.
     */
    public static TimedRun of(List<String> words, long clockStart) {
        return of(words, clockStart, () -> 0);
    }

    /** The same, with a meter that is read at the first byte. */
    public static TimedRun of(List<String> words, long clockStart, LongSupplier meter) {
        try {
            var process =
                    Command.builder(words, Map.of(), Path.of("/"))
                            .redirectErrorStream(true)
                            .start();
            var out = new ByteArrayOutputStream();
            try (var stream = process.getInputStream()) {
                int first = stream.read();
                long firstAt = System.nanoTime();
                long measured = meter.getAsLong();
                if (first >= 0) {
                    out.write(first);
                    stream.transferTo(out);
                }
                int code = process.waitFor();
                long exitAt = System.nanoTime();
                var text = out.toString(StandardCharsets.UTF_8);
                if (code != 0) {
                    throw new LabException(
                            String.join(" ", words) + "\nended with " + code + "\n" + text);
                }
                return new TimedRun(
                        Duration.ofNanos(firstAt - clockStart),
                        Duration.ofNanos(exitAt - clockStart),
                        text,
                        measured);
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException failure) {
            throw new LabException("cannot run " + words + ": " + failure, failure);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", stopped);
        }
    }
}
