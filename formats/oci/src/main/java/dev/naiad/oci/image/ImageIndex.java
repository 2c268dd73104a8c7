package dev.naiad.oci.image;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** A list of manifests, one for each platform. */
public record ImageIndex(String mediaType, List<Descriptor> manifests, ConfigNode json) {
    private static final int MAX_MANIFESTS = 4096;

    public ImageIndex {
        manifests = List.copyOf(manifests);
    }

    /**
     * Reads an index.
     *
     * @param contentType counts where the text names no media type
     */
    public static ImageIndex parse(String name, String contentType, byte[] bytes) {
        ConfigNode node = JsonReader.parse("index of " + name, bytes);
        var problems = new Problems();
        var manifests = new ArrayList<Descriptor>();
        for (ConfigNode manifest : node.get("manifests").items()) {
            manifests.add(Descriptor.read(manifest, problems));
        }
        if (manifests.size() > MAX_MANIFESTS) {
            problems.add(node.get("manifests"), "has more than " + MAX_MANIFESTS + " entries");
        }
        var index =
                new ImageIndex(
                        node.get("mediaType").string(problems, contentType), manifests, node);
        problems.throwIfAny();
        return index;
    }

    public static ImageIndex of(String mediaType, List<Descriptor> manifests) {
        return new ImageIndex(mediaType, manifests, ConfigNode.object(java.util.Map.of()));
    }

    public byte[] toJson() {
        var entries = new LinkedHashMap<String, ConfigNode>();
        entries.put("schemaVersion", ConfigNode.of(2));
        entries.put("mediaType", ConfigNode.of(mediaType));
        entries.put(
                "manifests", ConfigNode.list(manifests.stream().map(Descriptor::write).toList()));
        json.entries().forEach(entries::putIfAbsent);
        return JsonWriter.pretty()
                .likeGo()
                .value(ConfigNode.object(entries))
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }
}
