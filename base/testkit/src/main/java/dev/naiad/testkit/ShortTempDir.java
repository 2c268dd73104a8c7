package dev.naiad.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A directory /tmp/ndXXXX with a path short enough for unix sockets (at most 107 bytes), whatever
 * the checkout's path. Close ends mounts below it and deletes it.
 */
public final class ShortTempDir implements AutoCloseable {
    private final Path path;

    private ShortTempDir(Path path) {
        this.path = path;
    }

    /** Makes one, mode 0700. */
    public static ShortTempDir create() {
        try {
            return new ShortTempDir(Files.createTempDirectory(Path.of("/tmp"), "nd"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The directory. */
    public Path path() {
        return path;
    }

    /** A file or directory below. */
    public Path resolve(String name) {
        return path.resolve(name);
    }

    /** Ends mounts below, latest first, then deletes everything; links are not followed. */
    @Override
    public void close() {
        try {
            for (String mount : mountsBelow().reversed()) {
                Commands.run("umount", "-l", mount);
            }
            if (!mountsBelow().isEmpty()) {
                throw new AssertionError("still mounted, so nothing is deleted: " + mountsBelow());
            }
            deleteTree(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> mountsBelow() throws IOException {
        // Our paths have no characters that mountinfo escapes.
        return Files.readAllLines(
                        Path.of("/proc/self/mountinfo"),
                        java.nio.charset.StandardCharsets.ISO_8859_1)
                .stream()
                .map(line -> line.split(" ", -1)[4])
                .filter(m -> m.startsWith(path + "/"))
                .toList();
    }

    /** Deletes a directory and everything below it; links are not followed. */
    public static void deleteTree(Path directory) throws IOException {
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path at, @Nullable IOException failure) throws IOException {
                        if (failure != null) {
                            throw failure;
                        }
                        Files.delete(at);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    /** The path. */
    @Override
    public String toString() {
        return path.toString();
    }
}
