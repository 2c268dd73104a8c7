package dev.naiad.nydusify.commit;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.files.WorkDir;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of directories as tar archives, made by the host's tar; the container needs none. Extended
 * attributes go along but for overlayfs's own, which mean nothing elsewhere.
 */
final class Capture {
    private static final Logger LOG = LoggerFactory.getLogger(Capture.class);
    private static final int ATTEMPTS = 3;

    /** All that overlayfs keeps of its own except the mark of an opaque directory. */
    private static final List<String> OWN_XATTRS =
            List.of(
                    "origin",
                    "impure",
                    "nlink",
                    "redirect",
                    "metacopy",
                    "upper",
                    "uuid",
                    "protattr");

    private final WorkDir work;
    private final List<Path> without;

    /**
     * @param without absolute paths in the container that are left out
     */
    Capture(WorkDir work, List<Path> without) {
        this.work = work;
        this.without = without;
    }

    /** What a container has changed. */
    Path upper(Path directory) throws InterruptedException {
        var names = new ArrayList<String>();
        try (var list = Files.list(directory)) {
            list.map(entry -> "./" + entry.getFileName()).sorted().forEach(names::add);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "changes in " + directory + ": " + e, e);
        }
        return tar(directory, "./", names);
    }

    /**
     * A path of the container, with the directories above it.
     *
     * @param root of the container's mounts
     */
    Path mounted(Path root, Path path) throws InterruptedException {
        var names = new ArrayList<String>();
        Path at = root;
        Path relative = Path.of("/").relativize(path);
        names.add("--no-recursion");
        for (int i = 1; i <= relative.getNameCount(); i++) {
            Path part = relative.subpath(0, i);
            at = root.resolve(part);
            // A link would lead out of the container, into this machine's files.
            if (Files.isSymbolicLink(at) || Files.notExists(at)) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        "--with-path "
                                + path
                                + ": /"
                                + part
                                + (Files.isSymbolicLink(at)
                                        ? " is a link in the container; name what it leads to"
                                        : " is not in the container"));
            }
            if (i == relative.getNameCount()) {
                names.add("--recursion");
            }
            names.add("./" + part);
        }
        return tar(root, "./", names);
    }

    private Path tar(Path directory, String prefix, List<String> names)
            throws InterruptedException {
        Path archive = work.file("capture-");
        if (names.isEmpty()) {
            return archive;
        }
        Path said = work.file("tar-");
        var command = new ArrayList<>(List.of("tar", "--create", "--file=" + archive));
        command.addAll(
                List.of(
                        "--format=posix",
                        "--pax-option=delete=atime,delete=ctime",
                        "--numeric-owner",
                        "--sort=name",
                        "--xattrs",
                        "--xattrs-include=*",
                        "--directory=" + directory));
        OWN_XATTRS.forEach(name -> command.add("--xattrs-exclude=trusted.overlay." + name));
        command.addAll(List.of("--anchored", "--no-wildcards"));
        without.forEach(path -> command.add("--exclude=" + prefix + Path.of("/").relativize(path)));
        command.addAll(names);
        for (int attempt = 1; ; attempt++) {
            int code = run(command, said);
            if (code == 0) {
                return archive;
            }
            String text = text(said);
            if (attempt >= ATTEMPTS) {
                throw new NaiadException(
                        ErrorKind.UNAVAILABLE,
                        "tar of " + directory + " ended with code " + code + ": " + text);
            }
            LOG.warn("tar of {} is repeated: {}", directory, text);
        }
    }

    private static int run(List<String> command, Path said) throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectOutput(Path.of("/dev/null").toFile())
                            .redirectError(said.toFile())
                            .start();
            try {
                return process.waitFor();
            } finally {
                process.destroy();
            }
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.NOT_FOUND, "cannot start tar: " + e, e);
        }
    }

    private static String text(Path said) {
        try {
            String all = Files.readString(said, StandardCharsets.UTF_8).strip();
            return all.substring(Math.max(0, all.length() - 500));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
