package dev.naiad.convert.conversion;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.oci.image.Descriptor;
import java.util.LinkedHashMap;

/** The {@code subject} of a manifest that refers to its source. */
final class Subjects {
    private Subjects() {}

    static ConfigNode of(Descriptor source, String mediaType) {
        var entries = new LinkedHashMap<String, ConfigNode>();
        entries.put("mediaType", ConfigNode.of(mediaType));
        entries.put("digest", ConfigNode.of(source.digest().toString()));
        entries.put("size", ConfigNode.of(source.size()));
        return ConfigNode.object(entries);
    }
}
