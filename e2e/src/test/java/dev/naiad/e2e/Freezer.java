package dev.naiad.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kernel's means to pause containers. */
final class Freezer {
    private Freezer() {}

    /** Whether cgroups, of version 2 or 1, can be made here. */
    static boolean isThere() {
        Path root = Path.of("/sys/fs/cgroup");
        Path freezer =
                Files.exists(root.resolve("cgroup.controllers")) ? root : root.resolve("freezer");
        Path probe = freezer.resolve("naiad-probe-" + ProcessHandle.current().pid());
        try {
            Files.createDirectory(probe);
            Files.delete(probe);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
