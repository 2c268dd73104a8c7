package dev.naiad.dfdaemon.storage;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the first version of this store kept its files: {@code content/tasks}, the place that the
 * original's dfdaemon uses. Beside the original's database no file there can be told to be ours, so
 * none is touched. Without the database, what has a map of ours moves into our own directory; what
 * has none is left alone.
 */
final class SharedDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(SharedDirectory.class);

    private final Path content;
    private final Path tasks;
    private final Path database;

    SharedDirectory(Path root) {
        this.content = root.resolve("content");
        this.tasks = content.resolve("tasks");
        this.database = root.resolve("metadata");
    }

    /**
     * Moves our files to {@code target}, or removes them.
     *
     * @param keep whether they are still of use
     */
    void clear(boolean keep, Path target) throws IOException {
        if (!Files.isDirectory(tasks, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.exists(database, LinkOption.NOFOLLOW_LINKS)) {
            LOG.info("{} belongs to another dfdaemon and is left as it is", tasks);
            return;
        }
        int moved = 0;
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(tasks)) {
            for (Path folder : folders) {
                if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                    moved += clearFolder(folder, keep, target);
                }
            }
        }
        if (moved > 0) {
            LOG.info("{}: {} tasks {}", tasks, moved, keep ? "moved to " + target : "removed");
        }
        removeIfEmpty(tasks);
        removeIfEmpty(content);
    }

    private static int clearFolder(Path folder, boolean keep, Path target) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> maps =
                Files.newDirectoryStream(folder, "*" + StoreDirectory.MAP_SUFFIX)) {
            for (Path map : maps) {
                if (PieceMapFile.isMap(map)) {
                    clearTask(map, keep, target.resolve(folder.getFileName()));
                    count++;
                }
            }
        }
        removeIfEmpty(folder);
        return count;
    }

    /** The content goes before its map, so that a crash between leaves what the next start ends. */
    private static void clearTask(Path map, boolean keep, Path target) throws IOException {
        String name = String.valueOf(map.getFileName());
        String id = name.substring(0, name.length() - StoreDirectory.MAP_SUFFIX.length());
        Path content = map.resolveSibling(id);
        if (!keep || Files.exists(target.resolve(name))) {
            Files.deleteIfExists(content);
            Files.delete(map);
            return;
        }
        Files.createDirectories(target);
        if (Files.exists(content, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(content, target.resolve(id));
        }
        Files.move(map, target.resolve(name));
    }

    private static void removeIfEmpty(Path directory) throws IOException {
        try {
            Files.delete(directory);
        } catch (DirectoryNotEmptyException e) {
            LOG.debug("{} holds files that are not ours", directory);
        }
    }
}
