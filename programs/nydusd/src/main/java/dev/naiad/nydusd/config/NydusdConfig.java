package dev.naiad.nydusd.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.Secret;
import dev.naiad.base.config.TomlReader;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The configuration of one RAFS mount, whatever version it was written in. Unknown keys are
 * ignored, as the original does: snapshotters of other versions write some.
 *
 * @param id {@code device.id} or {@code id}; empty where it is not given
 * @param external where blobs are that existed before the image
 */
public record NydusdConfig(
        String id,
        BackendSection backend,
        List<BackendSection> external,
        CacheSection cache,
        RafsConfig rafs) {
    public NydusdConfig {
        external = List.copyOf(external);
    }

    /** A file of more than this is none. */
    public static final int MAX_BYTES = 1 << 20;

    private static final int VERSION = 2;

    /**
     * Reads a text in any of the known forms.
     *
     * @param file names it in errors
     * @throws NaiadException INVALID_ARGUMENT with everything that is wrong
     */
    public static NydusdConfig parse(String file, String text) {
        if (text.length() > MAX_BYTES) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, file + ": longer than " + MAX_BYTES + " bytes");
        }
        var root =
                text.stripLeading().startsWith("{")
                        ? JsonReader.parse(file, text.getBytes(StandardCharsets.UTF_8))
                        : TomlReader.parse(file, text);
        var problems = new Problems();
        var config = root.has("version") ? parseV2(root, problems) : parseV1(root, problems);
        problems.throwIfAny();
        return config;
    }

    private static NydusdConfig parseV1(ConfigNode root, Problems problems) {
        var device = root.get("device");
        if (!device.isObject()) {
            problems.add(device, "is required");
        }
        var rafs = RafsConfig.parseV1(root, problems);
        return new NydusdConfig(
                device.get("id").string(problems, ""),
                BackendSection.parseV1(device.get("backend"), problems),
                external(device, problems),
                CacheSection.parseV1(device.get("cache"), rafs.prefetch(), problems),
                rafs);
    }

    private static NydusdConfig parseV2(ConfigNode root, Problems problems) {
        root.get("version").integer(problems, VERSION, VERSION, VERSION);
        if (root.has("overlay")) {
            problems.add(root.get("overlay"), "writable mounts are not supported");
        }
        return new NydusdConfig(
                root.get("id").string(problems, ""),
                BackendSection.parseV2(root.get("backend"), problems),
                external(root, problems),
                CacheSection.parseV2(root.get("cache"), problems),
                RafsConfig.parseV2(root.get("rafs"), problems));
    }

    /** Both versions have the fields of an external backend under {@code config}. */
    private static List<BackendSection> external(ConfigNode parent, Problems problems) {
        return parent.get("external_backends").items().stream()
                .map(node -> BackendSection.parseV1(node, problems))
                .toList();
    }

    /**
     * What {@code --localfs-dir} stands for: blobs and cache in one directory, nothing checked
     * twice.
     */
    public static NydusdConfig ofLocalfs(String dir) {
        return new NydusdConfig(
                "",
                new BackendSection(
                        "localfs",
                        ConfigNode.object(new LinkedHashMap<>(Map.of("dir", ConfigNode.of(dir))))),
                List.of(),
                new CacheSection(
                        CacheSection.Type.FILE, false, false, PrefetchConfig.DISABLED, dir, false),
                RafsConfig.DEFAULT);
    }

    /** With the registry's credentials (base64 of user:password) replaced. */
    public NydusdConfig withRegistryAuth(String auth) {
        return backend.type().equals("registry")
                ? new NydusdConfig(id, backend.with("auth", auth), external, cache, rafs)
                : this;
    }

    /** The version 2 object as text, complete: with credentials, for a successor. */
    public Secret toState() {
        return Secret.of(write(true));
    }

    /** The version 2 object as the API shows it: complete, without secrets. */
    public ConfigNode toV2() {
        var json = write(false);
        return JsonReader.parse("configuration", json.getBytes(StandardCharsets.UTF_8));
    }

    private String write(boolean secrets) {
        var out =
                JsonWriter.compact().object().put("version", VERSION).put("id", id).key("backend");
        backend.write(out, secrets);
        out.key("external_backends").array();
        external.forEach(other -> other.writeExternal(out, secrets));
        out.end().key("cache");
        cache.write(out);
        rafs.write(out.key("rafs"));
        return out.end().toString();
    }
}
