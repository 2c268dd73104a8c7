package dev.naiad.nydusify.install;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The programs that were installed with this one. */
public final class InstalledPrograms {
    private InstalledPrograms() {}

    /** Our launcher runs HOME/runtime/bin/nydusify; the programs stand in HOME/bin. */
    public static Optional<Path> find(String name) {
        return ProcessHandle.current()
                .info()
                .command()
                .map(Path::of)
                .map(Path::getParent)
                .filter(parent -> parent.endsWith("runtime/bin"))
                .map(parent -> parent.resolve("../../bin").resolve(name).normalize())
                .filter(InstalledPrograms::executable);
    }

    /** Whether it is a file that may be executed. */
    public static boolean executable(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }
}
