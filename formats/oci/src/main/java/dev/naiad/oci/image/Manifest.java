package dev.naiad.oci.image;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An image manifest, OCI or Docker schema 2.
 *
 * @param layers lowest first
 * @param json as read, with fields that are not known here; they are written back
 */
public record Manifest(
        String mediaType,
        Descriptor config,
        List<Descriptor> layers,
        Map<String, String> annotations,
        ConfigNode json) {
    private static final int MAX_LAYERS = 4096;

    public Manifest {
        layers = List.copyOf(layers);
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /**
     * Reads a manifest.
     *
     * @param name the reference, for errors
     * @param contentType what the registry said it is; counts where the text says nothing
     */
    public static Manifest parse(String name, String contentType, byte[] bytes) {
        ConfigNode node = JsonReader.parse("manifest of " + name, bytes);
        var problems = new Problems();
        if (node.get("schemaVersion").integer(problems, 2, 0, 100) != 2) {
            problems.add(node.get("schemaVersion"), "only schema version 2 is supported");
        }
        if (!node.has("config") || !node.has("layers")) {
            problems.add(node, "has no config and layers: this is not an image manifest");
        }
        problems.throwIfAny();
        var layers = new ArrayList<Descriptor>();
        for (ConfigNode layer : node.get("layers").items()) {
            layers.add(Descriptor.read(layer, problems));
        }
        if (layers.size() > MAX_LAYERS) {
            problems.add(node.get("layers"), "has more than " + MAX_LAYERS + " entries");
        }
        var manifest =
                new Manifest(
                        node.get("mediaType").string(problems, contentType),
                        Descriptor.read(node.get("config"), problems),
                        layers,
                        node.get("annotations").stringMap(problems),
                        node);
        problems.throwIfAny();
        return manifest;
    }

    /** Whether the last layer is a Nydus bootstrap. */
    public boolean isNydus() {
        return !layers.isEmpty()
                && layers.getLast()
                        .annotations()
                        .getOrDefault(NydusAnnotations.BOOTSTRAP, "")
                        .equals("true");
    }

    /** Two-space JSON, as the originals push it. */
    public byte[] toJson() {
        var entries = new LinkedHashMap<String, ConfigNode>();
        entries.put("schemaVersion", ConfigNode.of(2));
        entries.put("mediaType", ConfigNode.of(mediaType));
        json.find("artifactType").ifPresent(value -> entries.put("artifactType", value));
        entries.put("config", config.write());
        entries.put("layers", ConfigNode.list(layers.stream().map(Descriptor::write).toList()));
        json.entries()
                .forEach(
                        (key, value) -> {
                            if (!key.equals("annotations")) {
                                entries.putIfAbsent(key, value);
                            }
                        });
        if (!annotations.isEmpty()) {
            entries.put("annotations", JsonTexts.object(annotations));
        }
        return JsonWriter.pretty()
                .likeGo()
                .value(ConfigNode.object(entries))
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }
}
