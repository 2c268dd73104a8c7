package dev.naiad.acceleration.layer;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/**
 * A converted layer in the store.
 *
 * @param key names the source layer and how it was converted
 * @param blob of the converted layer
 * @param uses how many conversions had it
 * @param lastUse when the last of them did
 */
record KeptLayer(String key, Digest blob, long size, long uses, Instant lastUse) {
    KeptLayer used(Instant now) {
        return new KeptLayer(key, blob, size, uses + 1, now);
    }

    String line() {
        return JsonWriter.compact()
                .object()
                .put("id", key)
                .put("blob", blob.toString())
                .put("size", size)
                .put("uses", uses)
                .put("last_use", lastUse.toString())
                .end()
                .toString();
    }

    static KeptLayer read(ConfigNode node) {
        var problems = new Problems();
        String blob = node.get("blob").requiredString(problems);
        String lastUse = node.get("last_use").requiredString(problems);
        problems.throwIfAny();
        try {
            var layer =
                    new KeptLayer(
                            node.get("id").requiredString(problems),
                            Digest.parse(blob),
                            node.get("size").integer(problems, 0, 0, Long.MAX_VALUE),
                            node.get("uses").integer(problems, 0, 0, Long.MAX_VALUE),
                            Instant.parse(lastUse));
            problems.throwIfAny();
            return layer;
        } catch (DateTimeParseException e) {
            problems.add(node.get("last_use"), "is not a time");
            problems.throwIfAny();
            throw new IllegalStateException("thrown above", e);
        }
    }
}
