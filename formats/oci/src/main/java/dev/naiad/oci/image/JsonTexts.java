package dev.naiad.oci.image;

import dev.naiad.base.config.ConfigNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Maps of texts as JSON, keys sorted as Go sorts them. */
final class JsonTexts {
    private JsonTexts() {}

    static ConfigNode object(Map<String, String> texts) {
        var entries = new LinkedHashMap<String, ConfigNode>();
        new TreeMap<>(texts).forEach((key, value) -> entries.put(key, ConfigNode.of(value)));
        return ConfigNode.object(entries);
    }
}
