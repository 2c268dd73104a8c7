package dev.naiad.nydusify.mount;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusify.install.InstalledPrograms;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Finds the nydusd to start. */
final class NydusdProgramPath {
    private static final String NAME = "nydusd";

    private final Map<String, String> env;

    NydusdProgramPath(Map<String, String> env) {
        this.env = env;
    }

    /** The wanted one, the one that was installed with us, or the first in PATH. */
    Path find(Optional<String> wanted) {
        String name = wanted.filter(text -> !text.isEmpty()).orElse(NAME);
        if (name.contains("/")) {
            Path path = Path.of(name);
            if (!InstalledPrograms.executable(path)) {
                throw new NaiadException(
                        ErrorKind.NOT_FOUND, "--nydusd " + name + " is not an executable file");
            }
            return path.toAbsolutePath();
        }
        return (wanted.isPresent() ? Optional.<Path>empty() : InstalledPrograms.find(NAME))
                .or(() -> inPath(name))
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.NOT_FOUND,
                                        "there is no "
                                                + name
                                                + " in PATH; name one with --nydusd"));
    }

    private Optional<Path> inPath(String name) {
        for (String directory : env.getOrDefault("PATH", "").split(":", -1)) {
            Path path = Path.of(directory.isEmpty() ? "." : directory, name);
            if (InstalledPrograms.executable(path)) {
                return Optional.of(path.toAbsolutePath());
            }
        }
        return Optional.empty();
    }
}
