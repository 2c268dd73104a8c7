package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.builder.MergedImage;
import dev.naiad.nydusimage.files.OutputFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/** The result file of {@code --output-json}: what was made, and how long the steps took. */
final class OutputJson {
    private String externalBootstrap = "";
    private List<String> externalBlobs = List.of();
    private final TreeMap<String, Double> seconds = new TreeMap<>();
    private final TreeMap<String, String> texts = new TreeMap<>();
    private final TreeMap<String, Long> counts = new TreeMap<>();
    private long started = System.nanoTime();

    /** Ends a step that began when the last one ended. */
    void step(String name) {
        long now = System.nanoTime();
        seconds.put(name, (now - started) / 1e9);
        started = now;
    }

    void event(String name, long value) {
        counts.put(name, value);
    }

    void event(String name, String value) {
        texts.put(name, value);
    }

    /** Names a second image, whose data lie in blobs that existed before. */
    void external(String file, List<String> blobs) {
        externalBootstrap = file;
        externalBlobs = List.copyOf(blobs);
    }

    /** Two spaces of indent, keys in the order of the original. */
    String pretty(String bootstrap, List<String> blobs, String fsVersion, String compressor) {
        return fill(JsonWriter.pretty(), bootstrap, blobs, fsVersion, compressor);
    }

    /** Writes the JSON about an image, where it is asked for. */
    void save(CommandLine line, Path output, MergedImage made) {
        line.find("output-json")
                .ifPresent(
                        file ->
                                write(
                                        Path.of(file),
                                        pretty(
                                                output.toString(),
                                                made.blobIds(),
                                                made.version().word(),
                                                made.compressor().word())));
    }

    /** On one line. */
    String compact(String bootstrap, List<String> blobs, String fsVersion, String compressor) {
        return fill(JsonWriter.compact(), bootstrap, blobs, fsVersion, compressor);
    }

    private String fill(
            JsonWriter json,
            String bootstrap,
            List<String> blobs,
            String fsVersion,
            String compressor) {
        json.object()
                .put("version", ImageVersion.VERSION + "-" + ImageVersion.REVISION)
                .put("bootstrap", bootstrap)
                .put("blobs", blobs)
                .put("external_bootstrap", externalBootstrap)
                .put("external_blobs", externalBlobs)
                .key("trace")
                .object()
                .key("consumed_time")
                .object();
        seconds.forEach(json::put);
        json.end().key("registered_events").object();
        var names = new TreeSet<>(counts.keySet());
        names.addAll(texts.keySet());
        for (String name : names) {
            Long count = counts.get(name);
            if (count != null) {
                json.put(name, count);
            } else {
                json.put(name, texts.getOrDefault(name, ""));
            }
        }
        return json.end()
                .end()
                .put("fs_version", fsVersion)
                .put("compressor", compressor)
                .end()
                .toString();
    }

    static void write(Path file, String text) {
        OutputFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
