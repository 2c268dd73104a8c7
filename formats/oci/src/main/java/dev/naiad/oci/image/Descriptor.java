package dev.naiad.oci.image;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Names content: what it is, its digest, its size.
 *
 * @param json the descriptor as read, with fields that are not known here; they are written back
 */
public record Descriptor(
        String mediaType,
        Digest digest,
        long size,
        Map<String, String> annotations,
        ConfigNode json) {
    /** Content larger than that is not believed to exist. */
    private static final long MAX_SIZE = 1L << 50;

    public Descriptor {
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    public static Descriptor of(String mediaType, Digest digest, long size) {
        return new Descriptor(mediaType, digest, size, Map.of(), ConfigNode.object(Map.of()));
    }

    public Descriptor withAnnotation(String key, String value) {
        var all = new LinkedHashMap<>(annotations);
        all.put(key, value);
        return new Descriptor(mediaType, digest, size, all, json);
    }

    public Descriptor withoutAnnotation(String key) {
        var all = new LinkedHashMap<>(annotations);
        all.remove(key);
        return new Descriptor(mediaType, digest, size, all, json);
    }

    public Descriptor withMediaType(String type) {
        return new Descriptor(type, digest, size, annotations, json);
    }

    /** The same place of an index, taken by other content. */
    public Descriptor at(String type, Digest newDigest, long newSize) {
        return new Descriptor(
                type, newDigest, newSize, annotations, json.without("data").without("urls"));
    }

    static Descriptor read(ConfigNode node, Problems problems) {
        String text = node.get("digest").requiredString(problems);
        Digest digest = Digest.sha256Of(new byte[0]);
        if (!text.isEmpty()) {
            try {
                digest = Digest.parse(text);
            } catch (dev.naiad.base.error.NaiadException e) {
                problems.add(node.get("digest"), e.what());
            }
        }
        if (!node.has("size")) {
            problems.add(node.get("size"), "is required");
        }
        return new Descriptor(
                node.get("mediaType").string(problems, ""),
                digest,
                node.get("size").integer(problems, 0, 0, MAX_SIZE),
                node.get("annotations").stringMap(problems),
                node);
    }

    /** Media type, digest and size first, as Go writes them. */
    ConfigNode write() {
        var entries = new LinkedHashMap<String, ConfigNode>();
        entries.put("mediaType", ConfigNode.of(mediaType));
        entries.put("digest", ConfigNode.of(digest.toString()));
        entries.put("size", ConfigNode.of(size));
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
        return ConfigNode.object(entries);
    }

    /** The platform that an index gives, if it does. */
    public java.util.Optional<Platform> platform() {
        var problems = new Problems();
        return json.find("platform").map(node -> Platform.read(node, problems));
    }
}
