package dev.naiad.convert.conversion;

import dev.naiad.base.config.Problems;
import dev.naiad.oci.image.ImageConfig;

/** What a config's history tells about layers. */
final class OciHistory {
    private OciHistory() {}

    /** How many layers it speaks of. */
    static int layers(ImageConfig config) {
        var problems = new Problems();
        return (int)
                config.json().get("history").items().stream()
                        .filter(entry -> !entry.get("empty_layer").bool(problems, false))
                        .count();
    }
}
