package dev.naiad.dfdaemon.storage;

import dev.naiad.linux.DirectoryTree;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the store keeps its files; see docs/formats/piece-store.md. */
final class StoreDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(StoreDirectory.class);

    static final String MAP_SUFFIX = ".map";

    private final Path root;
    private final Path own;
    private final Path tasks;

    StoreDirectory(Path root) {
        this.root = root;
        this.own = root.resolve("naiad");
        this.tasks = own.resolve("tasks");
    }

    Path root() {
        return root;
    }

    void prepare(boolean keep) throws IOException {
        if (!keep) {
            DirectoryTree.delete(own);
        }
        Files.createDirectories(tasks);
        // Maps hold URLs, which may be signed, and contents may be private.
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
    }

    Path tasks() {
        return tasks;
    }

    Path contentOf(String taskId) {
        return tasks.resolve(taskId.substring(0, 3)).resolve(taskId);
    }

    static Path mapOf(Path content) {
        return content.resolveSibling(content.getFileName() + MAP_SUFFIX);
    }

    /** Deletes the files of a task; false if there are none. */
    boolean delete(String taskId) throws IOException {
        Path content = contentOf(taskId);
        // The map goes first: content without a map is nothing, a map without content a lie.
        boolean there = Files.deleteIfExists(mapOf(content));
        return Files.deleteIfExists(content) || there;
    }

    /** Every task on disk, least recently used first. */
    List<HeldTask> list() throws IOException {
        var held = new ArrayList<HeldTask>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(tasks)) {
            for (Path folder : folders) {
                if (Files.isDirectory(folder)) {
                    listFolder(folder, held);
                }
            }
        }
        held.sort(Comparator.comparing(HeldTask::lastUsed));
        return held;
    }

    private static void listFolder(Path folder, List<HeldTask> held) throws IOException {
        try (DirectoryStream<Path> maps = Files.newDirectoryStream(folder, "*" + MAP_SUFFIX)) {
            for (Path map : maps) {
                String name = String.valueOf(map.getFileName());
                String taskId = name.substring(0, name.length() - MAP_SUFFIX.length());
                try {
                    held.add(new HeldTask(taskId, Files.getLastModifiedTime(map).toInstant()));
                } catch (NoSuchFileException gone) {
                    LOG.debug("{} was removed while listing", name);
                }
            }
        }
    }
}
