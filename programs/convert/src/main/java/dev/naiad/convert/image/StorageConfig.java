package dev.naiad.convert.image;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Path;

/** The storage backend that options or a configuration file of the daemon name. */
final class StorageConfig {
    private StorageConfig() {}

    /**
     * What {@code --backend-type} and {@code --backend-config} name.
     *
     * @param section the backend's object of the daemon's configuration
     */
    static BackendConfig of(String type, ConfigNode section) {
        if (type.equals("localdisk")) {
            throw new NaiadException(
                    ErrorKind.UNIMPLEMENTED,
                    "--backend-type localdisk reads blobs from partitions of a disk, which is not"
                            + " supported; copy them into files and use --blob-dir");
        }
        var problems = new Problems();
        var config = BackendConfig.parse(ConfigNode.of(type), section, problems);
        problems.throwIfAny();
        return config.orElseThrow();
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
