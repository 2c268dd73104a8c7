package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import java.util.List;

/**
 * What one filesystem read from its backend ({@code GET /api/v1/metrics/backend}).
 *
 * @param readAmountTotal bytes
 * @param latencyMillisDist summed latency by size class
 * @param latencySizesDist reads by size class, then latency class (8 × 8)
 */
public record BackendMetrics(
        String backendType,
        long readCount,
        long readErrors,
        long readAmountTotal,
        long latencyMillisTotal,
        List<Long> latencyMillisDist,
        List<Long> blockSizeDist,
        List<List<Long>> latencySizesDist) {
    public BackendMetrics {
        latencyMillisDist = List.copyOf(latencyMillisDist);
        blockSizeDist = List.copyOf(blockSizeDist);
        latencySizesDist = latencySizesDist.stream().map(List::copyOf).toList();
    }

    public static BackendMetrics of(ConfigNode json) {
        return new BackendMetrics(
                Json.text(json, "backend_type"),
                Json.number(json, "read_count"),
                Json.number(json, "read_errors"),
                Json.number(json, "read_amount_total"),
                Json.number(json, "read_cumulative_latency_millis_total"),
                Json.numbers(json.get("read_cumulative_latency_millis_dist")),
                Json.numbers(json.get("read_count_block_size_dist")),
                json.get("read_latency_sizes_dist").items().stream().map(Json::numbers).toList());
    }

    public String toJson() {
        var out = JsonWriter.compact().object().put("backend_type", backendType);
        Json.put(out, "read_count", readCount);
        Json.put(out, "read_errors", readErrors);
        Json.put(out, "read_amount_total", readAmountTotal);
        Json.put(out, "read_cumulative_latency_millis_total", latencyMillisTotal);
        Json.put(out, "read_cumulative_latency_millis_dist", latencyMillisDist);
        Json.put(out, "read_count_block_size_dist", blockSizeDist);
        out.key("read_latency_sizes_dist").array();
        for (var row : latencySizesDist) {
            Json.values(out, row);
        }
        return out.end().end().toString();
    }
}
