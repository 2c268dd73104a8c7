package dev.naiad.nydusimage.command;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Path;
import java.util.Optional;

/** The storage backend that options or a configuration file of the daemon name. */
final class StorageConfig {
    private StorageConfig() {}

    /**
     * What {@code --backend-type} and {@code --backend-config} name.
     *
     * @param section the backend's object of the daemon's configuration
     */
    static BackendConfig of(String type, ConfigNode section) {
        var problems = new Problems();
        var config = parse(type, section, problems);
        problems.throwIfAny();
        return config.orElseThrow();
    }

    /** The same, with what is wrong added to {@code problems}. */
    static Optional<BackendConfig> parse(String type, ConfigNode section, Problems problems) {
        return BackendConfig.parse(ConfigNode.of(type), section, problems);
    }

    /**
     * The backend of a daemon's configuration file of either version.
     *
     * @throws NaiadException naming the keys that are wrong
     */
    static BackendConfig of(Path file) {
        var root = JsonReader.read(file);
        var problems = new Problems();
        boolean second = root.get("version").integer(problems, 1, 0, Long.MAX_VALUE) == 2;
        var backend = second ? root.get("backend") : root.at("device", "backend");
        String type = backend.get("type").requiredString(problems);
        problems.throwIfAny();
        var section = backend.get(second ? type : "config");
        return of(type, section);
    }
}
