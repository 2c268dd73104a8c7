package dev.naiad.nydusimage.command;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An image as the daemon's block devices are told of one: its bootstrap and where its blobs are.
 * docs/operate/nydus-image.md#block
 *
 * @param backends where blobs are looked for, in this order
 */
record BlobCacheEntry(Path bootstrap, List<BackendConfig> backends) {
    private static final String BOOTSTRAP = "bootstrap";

    BlobCacheEntry {
        backends = List.copyOf(backends);
    }

    /**
     * Reads one, of either form: {@code config} or {@code config_v2}.
     *
     * @throws dev.naiad.base.error.NaiadException naming the keys that are wrong
     */
    static BlobCacheEntry read(Path file) {
        var root = JsonReader.read(file);
        var problems = new Problems();
        String type = root.get("type").requiredString(problems);
        if (!type.isEmpty() && !type.equals(BOOTSTRAP)) {
            problems.add(root.get("type"), "\"" + type + "\" is no " + BOOTSTRAP);
        }
        boolean second = root.has("config_v2");
        var config = root.get(second ? "config_v2" : "config");
        String bootstrap = config.get("metadata_path").requiredString(problems);
        var backends = new ArrayList<BackendConfig>();
        if (second) {
            var backend = config.get("backend");
            String name = backend.get("type").requiredString(problems);
            add(name, backend.get(name), backends, problems);
        } else {
            String name = config.get("backend_type").requiredString(problems);
            add(name, config.get("backend_config"), backends, problems);
        }
        for (ConfigNode each : config.get("external_backends").items()) {
            add(each.get("type").requiredString(problems), each.get("config"), backends, problems);
        }
        problems.throwIfAny();
        return new BlobCacheEntry(Path.of(bootstrap), backends);
    }

    private static void add(
            String type, ConfigNode section, List<BackendConfig> backends, Problems problems) {
        if (!type.isEmpty()) {
            StorageConfig.parse(type, section, problems).ifPresent(backends::add);
        }
    }
}
