package dev.naiad.builder.external;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.TreeEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An attributes file ({@code .nydusattributes}): which files of a directory are not part of the
 * image, and which lie in blobs that exist already. Immutable.
 */
public final class Attributes {
    private static final Logger LOG = LoggerFactory.getLogger(Attributes.class);

    public static final Attributes NONE = new Attributes("no attributes", Map.of());

    private final String name;
    private final Map<String, Attribute> byPath;

    private Attributes(String name, Map<String, Attribute> byPath) {
        this.name = name;
        this.byPath = byPath;
    }

    /**
     * Reads a file.
     *
     * @throws NaiadException naming the line that is wrong
     */
    public static Attributes read(Path file) {
        try {
            return parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    IoReason.after("cannot read attributes " + file, e),
                    e);
        }
    }

    /** Reads a text; later lines win over earlier ones of the same path. */
    public static Attributes parse(String name, String text) {
        var byPath = new LinkedHashMap<String, Attribute>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            var attribute = AttributeLine.parse(name + ":" + number, line);
            if (attribute != null) {
                byPath.put(attribute.path(), attribute);
            }
        }
        return new Attributes(name, byPath);
    }

    String name() {
        return name;
    }

    /** The external files, in the order of the attributes file. */
    List<Attribute.External> external() {
        var result = new ArrayList<Attribute.External>();
        for (var attribute : byPath.values()) {
            if (attribute instanceof Attribute.External file) {
                result.add(file);
            }
        }
        return result;
    }

    /** Whether there is an external image to build. */
    public boolean nameExternalFiles() {
        return byPath.values().stream().anyMatch(Attribute.External.class::isInstance);
    }

    /**
     * Leaves what is ignored or external out of a tree; a directory that held nothing but external
     * files goes with them.
     */
    public void removeFrom(FileTree tree) {
        ignore(tree);
        for (var file : external()) {
            var entry = find(tree, file.path());
            for (var at = entry; at != null; at = emptied(at)) {
                var parent = at.parent();
                if (parent != null) {
                    parent.remove(at.name());
                }
            }
        }
    }

    /** The directory of a removed entry, if it is to be removed as well. */
    private static @org.jspecify.annotations.Nullable TreeEntry emptied(TreeEntry removed) {
        var parent = removed.parent();
        return parent != null && parent.parent() != null && parent.children().isEmpty()
                ? parent
                : null;
    }

    /** Leaves what is ignored out of a tree. */
    void ignore(FileTree tree) {
        for (var attribute : byPath.values()) {
            if (attribute instanceof Attribute.Ignored ignored) {
                var entry = find(tree, ignored.path());
                var parent = entry == null ? null : entry.parent();
                if (entry != null && parent != null) {
                    parent.remove(entry.name());
                }
            }
        }
    }

    private @org.jspecify.annotations.Nullable TreeEntry find(FileTree tree, String path) {
        var entry = tree.find(path.getBytes(StandardCharsets.UTF_8));
        if (entry == null) {
            LOG.warn("{}: the source has no {}", name, path);
        }
        return entry;
    }
}
