package dev.naiad.builder.rewrite;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file whose chunks a container needs first.
 *
 * @param path absolute
 * @param whole whether all of it is needed, else only {@code ranges}
 */
public record PrefetchFile(String path, boolean whole, List<Range> ranges) {
    private static final Logger LOG = LoggerFactory.getLogger(PrefetchFile.class);

    /** Copies the list. */
    public PrefetchFile {
        ranges = List.copyOf(ranges);
    }

    /** Bytes {@code offset} to {@code offset + size}, both included, as the lists count them. */
    public record Range(long offset, long size) {
        private boolean meets(long start, long end) {
            long last = size > Long.MAX_VALUE - offset ? Long.MAX_VALUE : offset + size;
            return start <= last && end > offset;
        }
    }

    /** All of a file. */
    public static PrefetchFile whole(String path) {
        return new PrefetchFile(path, true, List.of());
    }

    /** Whether bytes {@code [start, end)} of the file are wanted. */
    boolean wants(long start, long end) {
        return whole || ranges.stream().anyMatch(range -> range.meets(start, end));
    }

    /**
     * Reads {@code {"version":"v1","files":[{"path":"/abs","ranges":[[offset,size],…]}]}}; {@code
     * ranges} may be null or absent, which means the whole file. Relative paths are ignored.
     *
     * @param name of the text, for errors
     * @param json an empty text lists nothing
     * @throws dev.naiad.base.error.NaiadException naming all that is wrong
     */
    public static List<PrefetchFile> parse(String name, byte[] json) {
        if (json.length == 0) {
            return List.of();
        }
        var problems = new Problems();
        var root = JsonReader.parse(name, json);
        var version = root.get("version");
        if (!version.requiredString(problems).equals("v1") && problems.isEmpty()) {
            problems.add(
                    version, "\"" + version.text() + "\" is not v1, the only version there is");
        }
        var result = new ArrayList<PrefetchFile>();
        var files = root.get("files");
        if (files.isPresent() && !files.isList()) {
            problems.add(files, "is not a list");
        }
        for (var file : files.isList() ? files.items() : List.<ConfigNode>of()) {
            String path = file.get("path").requiredString(problems);
            if (!path.isEmpty() && !path.startsWith("/")) {
                LOG.warn("prefetch file {} is not an absolute path; ignored", path);
                continue;
            }
            var ranges = file.get("ranges");
            result.add(new PrefetchFile(path, !ranges.isList(), ranges(ranges, problems)));
        }
        problems.throwIfAny();
        return result;
    }

    private static List<Range> ranges(ConfigNode node, Problems problems) {
        if (!node.isPresent() || node.kind() == ConfigNode.Kind.NULL) {
            return List.of();
        }
        if (!node.isList()) {
            problems.add(node, "is not a list of [offset, size]");
            return List.of();
        }
        var result = new ArrayList<Range>();
        for (var range : node.items()) {
            if (!range.isList() || range.items().size() != 2) {
                problems.add(range, "is not [offset, size]");
                continue;
            }
            result.add(
                    new Range(
                            range.items().get(0).integer(problems, 0, 0, Long.MAX_VALUE),
                            range.items().get(1).integer(problems, 0, 0, Long.MAX_VALUE)));
        }
        return result;
    }
}
