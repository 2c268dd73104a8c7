package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.NaiadException;
import java.util.List;
import java.util.Optional;

/**
 * Body of {@code POST} and {@code PUT /api/v1/mount?mountpoint=}.
 *
 * @param fsType {@code rafs}, {@code passthrough}, {@code passthroughfs} or {@code passthrough_fs}
 * @param source the bootstrap's path (rafs)
 * @param config the configuration's text, v1 or v2, JSON or TOML
 * @param prefetchFiles absolute paths inside the image that replace its prefetch table
 */
public record MountRequest(
        String fsType, String source, String config, Optional<List<String>> prefetchFiles) {
    public static final String RAFS = "rafs";

    public MountRequest {
        prefetchFiles = prefetchFiles.map(List::copyOf);
    }

    /** A RAFS mount that follows the image's own prefetch table. */
    public static MountRequest rafs(String source, String config) {
        return new MountRequest(RAFS, source, config, Optional.empty());
    }

    /**
     * Reads a body.
     *
     * @throws NaiadException INVALID_ARGUMENT with what is missing or wrong
     */
    public static MountRequest parse(byte[] body) {
        var json = JsonReader.parse("mount request", body);
        var problems = new Problems();
        var prefetch = json.get("prefetch_files");
        var request =
                new MountRequest(
                        json.get("fs_type").requiredString(problems),
                        required(json.get("source"), problems),
                        required(json.get("config"), problems),
                        prefetch.isPresent()
                                ? Optional.of(prefetch.strings(problems))
                                : Optional.empty());
        problems.throwIfAny();
        return request;
    }

    private static String required(ConfigNode node, Problems problems) {
        if (!node.isPresent()) {
            problems.add(node, "is required");
        }
        return node.string(problems, "");
    }

    public String toJson() {
        var out =
                JsonWriter.compact()
                        .object()
                        .put("fs_type", fsType)
                        .put("source", source)
                        .put("config", config);
        prefetchFiles.ifPresent(files -> out.put("prefetch_files", files));
        return out.end().toString();
    }

    /** Without the configuration, which holds credentials. */
    @Override
    public String toString() {
        return fsType + " from " + source;
    }
}
