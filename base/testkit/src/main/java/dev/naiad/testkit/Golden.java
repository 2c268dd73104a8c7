package dev.naiad.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Files made by the original tools. They are not part of the repository: they are where
 * NAIAD_GOLDEN says, else in {@code ../shared/golden} beside the project's root. Tests that need
 * one are skipped, with the reason, where there is none.
 */
public final class Golden {
    private Golden() {}

    /** The directory, if there is one. */
    public static Optional<Path> directory() {
        String configured = System.getenv("NAIAD_GOLDEN");
        if (configured != null && !configured.isEmpty()) {
            return Optional.of(Path.of(configured)).filter(Files::isDirectory);
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            // The project's root is the topmost directory with a pom and a wrapper directory.
            if (Files.exists(at.resolve("pom.xml")) && Files.isDirectory(at.resolve(".mvn"))) {
                Path beside = at.resolveSibling("shared").resolve("golden");
                return Optional.of(beside).filter(Files::isDirectory);
            }
        }
        return Optional.empty();
    }

    /** A file or directory below; the test is skipped if it is not there. Never write into it. */
    public static Path path(String first, String... more) {
        Optional<Path> found =
                directory().map(d -> d.resolve(Path.of(first, more))).filter(Files::exists);
        if (found.isEmpty()) {
            Requires.skip("needs the golden file " + Path.of(first, more) + " (set NAIAD_GOLDEN)");
        }
        return found.orElseThrow();
    }

    /** The content of a file below. */
    public static byte[] bytes(String first, String... more) {
        try {
            return Files.readAllBytes(path(first, more));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
