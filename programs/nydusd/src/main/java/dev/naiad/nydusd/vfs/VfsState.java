package dev.naiad.nydusd.vfs;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import java.util.ArrayList;
import java.util.List;

/**
 * What of a {@link VfsMounts} must survive, because the kernel speaks in its numbers: pseudo
 * directories and the counters that give out numbers.
 *
 * @param createdSeconds time stamp of the pseudo directories
 * @param directories parents before their children, without the root
 */
public record VfsState(
        long createdSeconds,
        long nextInode,
        int lastIndex,
        long generation,
        List<DirectoryState> directories) {
    public VfsState {
        directories = List.copyOf(directories);
    }

    /** A pseudo directory. */
    public record DirectoryState(long ino, long parent, String name) {}

    /** As JSON. */
    public void write(JsonWriter out) {
        out.object()
                .put("created", createdSeconds)
                .put("next_inode", nextInode)
                .put("last_index", lastIndex)
                .put("generation", generation)
                .key("directories")
                .array();
        for (var directory : directories) {
            out.object()
                    .put("ino", directory.ino)
                    .put("parent", directory.parent)
                    .put("name", directory.name)
                    .end();
        }
        out.end().end();
    }

    public static VfsState of(ConfigNode json, Problems problems) {
        var directories = new ArrayList<DirectoryState>();
        for (var directory : json.get("directories").items()) {
            directories.add(
                    new DirectoryState(
                            number(directory, "ino", problems),
                            number(directory, "parent", problems),
                            directory.get("name").requiredString(problems)));
        }
        return new VfsState(
                number(json, "created", problems),
                number(json, "next_inode", problems),
                json.get("last_index").int32(problems, 0, 0, VfsMounts.MAX_INDEX),
                number(json, "generation", problems),
                directories);
    }

    private static long number(ConfigNode json, String key, Problems problems) {
        return json.get(key).integer(problems, 0, 0, Long.MAX_VALUE);
    }
}
