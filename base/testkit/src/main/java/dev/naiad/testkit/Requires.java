package dev.naiad.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs of the machine. If it is missing, the test is skipped and the reason printed.
 */
public final class Requires {
    private Requires() {}

    /** Skips the test unless {@code holds}. */
    public static void that(boolean holds, String reason) {
        if (!holds) {
            skip(reason);
        }
    }

    /** Skips the test. */
    public static void skip(String reason) {
        System.err.println("SKIPPED: " + caller() + ": " + reason);
        Assumptions.abort(reason);
    }

    private static String caller() {
        return StackWalker.getInstance()
                .walk(
                        frames ->
                                frames.filter(
                                                f ->
                                                        !f.getClassName()
                                                                .startsWith("dev.naiad.testkit."))
                                        .findFirst()
                                        .map(f -> f.getClassName() + "." + f.getMethodName()))
                .orElse("test");
    }

    /** Root's rights (and those that mounting needs). */
    public static void root() {
        that(isRoot(), "needs root");
    }

    /** Whether the process runs as root. */
    public static boolean isRoot() {
        try {
            return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Programs on the PATH (or in the usual places, which PATH may lack). */
    public static void commands(String... names) {
        for (String name : names) {
            that(find(name).isPresent(), "needs the program " + name);
        }
    }

    /** Where a program is. */
    public static Optional<Path> find(String name) {
        String path = System.getenv("PATH");
        for (String directory :
                ((path == null ? "" : path + ":") + "/usr/bin:/usr/sbin:/bin:/sbin:/usr/local/bin")
                        .split(":", -1)) {
            if (!directory.isEmpty()) {
                Path program = Path.of(directory, name);
                if (Files.isExecutable(program) && Files.isRegularFile(program)) {
                    return Optional.of(program);
                }
            }
        }
        return Optional.empty();
    }

    /** A FUSE device that can be opened. */
    public static void fuse() {
        that(
                Files.isReadable(Path.of("/dev/fuse")) && Files.isWritable(Path.of("/dev/fuse")),
                "needs /dev/fuse");
        fileSystem("fuse");
    }

    /** A file system type of the kernel; a module that is not loaded counts as missing. */
    public static void fileSystem(String type) {
        try {
            boolean there =
                    Files.readAllLines(Path.of("/proc/filesystems")).stream()
                            .anyMatch(
                                    line ->
                                            line.substring(line.lastIndexOf('\t') + 1)
                                                    .equals(type));
            that(there, "needs the kernel's file system " + type);
        } catch (IOException e) {
            skip("needs /proc/filesystems: " + e.getMessage());
        }
    }

    /**
     * Root's rights including mounts in a mount namespace of its own, as containers may lack them.
     */
    public static void mounts() {
        root();
        commands("unshare", "mount");
        that(
                Commands.run("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt").exitCode()
                        == 0,
                "needs the right to mount");
    }
}
