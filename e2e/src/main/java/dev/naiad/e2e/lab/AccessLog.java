package dev.naiad.e2e.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What docker-registry logged as sent: combined log lines among its other output. Sizes are those
 * of bodies; 206 marks a range.
 */
public final class AccessLog {
    private static final Pattern LINE =
            Pattern.compile(
                    "^(\\S+) - \\S* \\[[^\\]]*\\] \"(\\S+) (\\S+) \\S+\" (\\d+) (\\d+|-) \"[^\"]*\" \"([^\"]*)\"");
    private static final Pattern BLOB =
            Pattern.compile("^/v2/(.+)/blobs/sha256:([0-9a-f]{64})(?:\\?.*)?$");

    private final Path file;

    /** One request that was answered. */
    public record Entry(
            String ip, String method, String path, int status, long bytes, String agent) {
        /** The digest's hex if the request was for a blob, else empty. */
        public String blob() {
            var blob = BLOB.matcher(path);
            return blob.matches() ? blob.group(2) : "";
        }

        /** True for content of a blob that was sent. */
        public boolean isBlobContent() {
            return method.equals("GET") && status < 300 && !blob().isEmpty();
        }

        /** True for a peer's one-byte request, which asks for the length. */
        public boolean isStat() {
            return status == 206 && bytes == 1;
        }
    }

    AccessLog(Path file) {
        this.file = file;
    }

    /** All requests so far. */
    public List<Entry> entries() {
        var entries = new ArrayList<Entry>();
        try {
            var text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            for (String line : text.split("\n", -1)) {
                var found = LINE.matcher(line);
                if (found.find()) {
                    entries.add(
                            new Entry(
                                    found.group(1).replaceAll(":\\d+$", ""),
                                    found.group(2),
                                    found.group(3),
                                    Integer.parseInt(found.group(4)),
                                    found.group(5).equals("-") ? 0 : Long.parseLong(found.group(5)),
                                    found.group(6)));
                }
            }
        } catch (IOException none) {
            return entries;
        }
        return entries;
    }

    /** How many requests there are: a mark for {@link #since}. */
    public int mark() {
        return entries().size();
    }

    /** Requests after a mark. */
    public List<Entry> since(int mark) {
        var all = entries();
        return all.subList(Math.min(mark, all.size()), all.size());
    }

    /** Bytes of the entries that match. */
    public static long bytes(List<Entry> entries, Predicate<Entry> wanted) {
        return entries.stream().filter(wanted).mapToLong(Entry::bytes).sum();
    }
}
