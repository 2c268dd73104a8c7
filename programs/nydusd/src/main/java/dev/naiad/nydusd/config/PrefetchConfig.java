package dev.naiad.nydusd.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;

/**
 * What to fetch before anybody asks.
 *
 * @param threads fetching at a time
 * @param batchSize bytes that one request to the backend should reach
 * @param bandwidthLimit bytes a second, 0 for no limit
 * @param prefetchAll whole blobs after what the image names
 * @param streamPrefetch whole blobs in one request each
 */
public record PrefetchConfig(
        boolean enable,
        int threads,
        int batchSize,
        long bandwidthLimit,
        boolean prefetchAll,
        boolean streamPrefetch) {
    public static final int DEFAULT_THREADS = 8;
    public static final int DEFAULT_BATCH = 1 << 20;
    static final int MAX_BATCH = 0x1000_0000;
    private static final int MAX_THREADS = 1024;

    public static final PrefetchConfig DISABLED =
            new PrefetchConfig(false, DEFAULT_THREADS, DEFAULT_BATCH, 0, false, false);

    /** Version 1: {@code fs_prefetch}. */
    static PrefetchConfig parseV1(ConfigNode node, Problems problems) {
        return parse(node, "threads_count", "merging_size", "bandwidth_rate", true, problems);
    }

    /** Version 2: {@code prefetch}, in which nothing is fetched unasked. */
    static PrefetchConfig parseV2(ConfigNode node, Problems problems) {
        if (node.isPresent() && !node.has("enable")) {
            problems.add(node.get("enable"), "is required");
        }
        return parse(node, "threads", "batch_size", "bandwidth_limit", false, problems);
    }

    private static PrefetchConfig parse(
            ConfigNode node,
            String threads,
            String batch,
            String bandwidth,
            boolean allByDefault,
            Problems problems) {
        if (!node.isPresent()) {
            return DISABLED;
        }
        boolean enable = node.get("enable").bool(problems, false);
        // compat: limits hold only where prefetch is on; templates carry nonsense while it is off.
        int least = enable ? 1 : 0;
        long mostThreads = enable ? MAX_THREADS : Integer.MAX_VALUE;
        long mostBatch = enable ? MAX_BATCH : Integer.MAX_VALUE;
        return new PrefetchConfig(
                enable,
                (int) node.get(threads).integer(problems, DEFAULT_THREADS, least, mostThreads),
                (int) node.get(batch).integer(problems, DEFAULT_BATCH, 0, mostBatch),
                node.get(bandwidth).integer(problems, 0, 0, Long.MAX_VALUE),
                node.get("prefetch_all").bool(problems, allByDefault),
                node.get("stream_prefetch").bool(problems, false));
    }

    void write(JsonWriter out) {
        out.object()
                .put("enable", enable)
                .put("threads", threads)
                .put("batch_size", batchSize)
                .put("bandwidth_limit", bandwidthLimit)
                .put("prefetch_all", prefetchAll)
                .put("stream_prefetch", streamPrefetch)
                .end();
    }
}
