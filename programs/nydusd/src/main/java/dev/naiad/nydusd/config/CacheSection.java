package dev.naiad.nydusd.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where fetched data is kept.
 *
 * @param compressed keep chunks as the backend delivers them
 * @param validate check digests of chunks also when they come from the cache file
 * @param workDir directory of the cache files, unused without cache
 * @param disableIndexedMap do not keep a chunk map on disk
 */
public record CacheSection(
        Type type,
        boolean compressed,
        boolean validate,
        PrefetchConfig prefetch,
        String workDir,
        boolean disableIndexedMap) {

    /** Kinds of cache. */
    public enum Type {
        FILE("blobcache"),
        /** Every read goes to the backend. */
        DUMMY("dummycache"),
        /** The kernel's on-demand cache: known by name, and refused. */
        FSCACHE("fscache");

        private final String wireName;

        Type(String wireName) {
            this.wireName = wireName;
        }
    }

    /** In the order in which errors list them. */
    private static final Map<String, Type> TYPES = new LinkedHashMap<>();

    static {
        TYPES.put("blobcache", Type.FILE);
        TYPES.put("filecache", Type.FILE);
        TYPES.put("dummycache", Type.DUMMY);
        TYPES.put("", Type.DUMMY);
        TYPES.put("fscache", Type.FSCACHE);
    }

    static final CacheSection NONE =
            new CacheSection(Type.DUMMY, false, false, PrefetchConfig.DISABLED, "", false);

    /**
     * @param prefetch from the RAFS section: version 1 has one for both
     */
    static CacheSection parseV1(ConfigNode node, PrefetchConfig prefetch, Problems problems) {
        return parse(node, node.get("config"), prefetch, problems);
    }

    static CacheSection parseV2(ConfigNode node, Problems problems) {
        var prefetch = PrefetchConfig.parseV2(node.get("prefetch"), problems);
        var section = node.has("fscache") ? node.get("fscache") : node.get("filecache");
        return parse(node, section, prefetch, problems);
    }

    private static CacheSection parse(
            ConfigNode node, ConfigNode section, PrefetchConfig prefetch, Problems problems) {
        if (!node.isPresent()) {
            return NONE;
        }
        var type = node.get("type").choice(problems, TYPES, Type.DUMMY);
        var workDir = section.get("work_dir").string(problems, ".");
        if (type == Type.FILE && workDir.isEmpty()) {
            problems.add(section.get("work_dir"), "is empty");
        }
        if (type == Type.FSCACHE) {
            problems.add(node.get("type"), "fscache is not supported: use blobcache");
        }
        if (section.get("enable_encryption").bool(problems, false)
                || section.get("enable_convergent_encryption").bool(problems, false)) {
            problems.add(section, "encryption of cache files is not supported");
        }
        return new CacheSection(
                type,
                node.get("compressed").bool(problems, false),
                node.get("validate").bool(problems, false),
                prefetch,
                workDir,
                section.get("disable_indexed_map").bool(problems, false));
    }

    void write(JsonWriter out) {
        out.object()
                .put("type", type.wireName)
                .put("compressed", compressed)
                .put("validate", validate)
                .key("prefetch");
        prefetch.write(out);
        if (type == Type.FILE) {
            out.key("filecache")
                    .object()
                    .put("work_dir", workDir)
                    .put("disable_indexed_map", disableIndexedMap)
                    .put("enable_encryption", false)
                    .put("enable_convergent_encryption", false)
                    .put("encryption_key", "")
                    .end();
        }
        out.end();
    }
}
