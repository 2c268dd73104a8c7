package dev.naiad.nydusify.commit;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Xattrs;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what the directory of changes tells only together with what is below it: directories that
 * were renamed without their content, files of which only the attributes were changed. They are
 * taken from the container's own view.
 */
final class UpperScan {
    private static final String REDIRECT = "trusted.overlay.redirect";
    private static final String METACOPY = "trusted.overlay.metacopy";

    private UpperScan() {}

    /** Absolute paths in the container, none below another. */
    static List<Path> incomplete(Path upper) {
        var found = new ArrayList<Path>();
        try {
            Files.walkFileTree(
                    upper,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(
                                Path directory, BasicFileAttributes attributes) {
                            if (has(directory, REDIRECT)) {
                                found.add(inContainer(directory));
                                return FileVisitResult.SKIP_SUBTREE;
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(
                                Path file, BasicFileAttributes attributes) {
                            if (attributes.isRegularFile() && has(file, METACOPY)) {
                                found.add(inContainer(file));
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        private Path inContainer(Path path) {
                            return Path.of("/").resolve(upper.relativize(path));
                        }
                    });
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, "changes in " + upper + ": " + e, e);
        }
        return found;
    }

    private static boolean has(Path path, String name) {
        return Xattrs.list(RawPath.of(path)).contains(name);
    }
}
