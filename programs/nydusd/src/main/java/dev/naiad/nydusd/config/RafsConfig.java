package dev.naiad.nydusd.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;

/**
 * How an image is served.
 *
 * @param mode {@code direct} or {@code cached}; both serve from the mapped bootstrap
 * @param batchSize bytes to which a read from the backend is extended ({@code amplify_io})
 * @param validate check digests of chunks also when they come from the cache file
 * @param iostatsFiles count per file
 * @param accessPattern remember when each file was read first
 * @param latestReadFiles remember which files were read since the last question
 */
public record RafsConfig(
        String mode,
        int batchSize,
        boolean validate,
        boolean enableXattr,
        boolean iostatsFiles,
        boolean accessPattern,
        boolean latestReadFiles,
        PrefetchConfig prefetch) {
    static final RafsConfig DEFAULT =
            new RafsConfig(
                    "direct", 1 << 20, false, false, false, false, false, PrefetchConfig.DISABLED);

    static RafsConfig parseV1(ConfigNode root, Problems problems) {
        if (!root.has("mode")) {
            problems.add(root.get("mode"), "is required (direct or cached)");
        }
        return parse(
                root,
                "amplify_io",
                "digest_validate",
                PrefetchConfig.parseV1(root.get("fs_prefetch"), problems),
                problems);
    }

    static RafsConfig parseV2(ConfigNode node, Problems problems) {
        if (!node.isPresent()) {
            return DEFAULT;
        }
        return parse(
                node,
                "batch_size",
                "validate",
                PrefetchConfig.parseV2(node.get("prefetch"), problems),
                problems);
    }

    private static RafsConfig parse(
            ConfigNode node,
            String batch,
            String validate,
            PrefetchConfig prefetch,
            Problems problems) {
        var mode = node.get("mode").string(problems, "direct");
        if (!mode.equals("direct") && !mode.equals("cached")) {
            problems.add(node.get("mode"), "\"" + mode + "\" is neither direct nor cached");
        }
        return new RafsConfig(
                mode,
                node.get(batch).int32(problems, 1 << 20, 0, PrefetchConfig.MAX_BATCH),
                node.get(validate).bool(problems, false),
                node.get("enable_xattr").bool(problems, false),
                node.get("iostats_files").bool(problems, false),
                node.get("access_pattern").bool(problems, false),
                node.get("latest_read_files").bool(problems, false),
                prefetch);
    }

    void write(JsonWriter out) {
        out.object()
                .put("mode", mode)
                .put("batch_size", batchSize)
                .put("validate", validate)
                .put("enable_xattr", enableXattr)
                .put("iostats_files", iostatsFiles)
                .put("access_pattern", accessPattern)
                .put("latest_read_files", latestReadFiles)
                .key("prefetch");
        prefetch.write(out);
        out.end();
    }
}
