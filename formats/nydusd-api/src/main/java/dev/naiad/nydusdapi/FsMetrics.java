package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import java.util.List;

/**
 * Counters of one filesystem ({@code GET /api/v1/metrics}). Lists have the lengths of {@link
 * FsOperation} (15) and of the eight size and latency classes; docs/protocols/nydusd-api.md lists
 * the class limits.
 *
 * @param opLatencyMicros {@code fop_cumulative_latency_total}
 */
public record FsMetrics(
        boolean filesAccountEnabled,
        boolean accessPatternEnabled,
        boolean recordLatestReadFilesEnabled,
        boolean measureLatency,
        String id,
        long openFiles,
        long dataRead,
        List<Long> blockCountRead,
        List<Long> opHits,
        List<Long> opErrors,
        List<Long> opLatencyMicros,
        List<Long> readLatencyDist) {
    public FsMetrics {
        blockCountRead = List.copyOf(blockCountRead);
        opHits = List.copyOf(opHits);
        opErrors = List.copyOf(opErrors);
        opLatencyMicros = List.copyOf(opLatencyMicros);
        readLatencyDist = List.copyOf(readLatencyDist);
    }

    public static FsMetrics of(ConfigNode json) {
        return new FsMetrics(
                Json.truth(json, "files_account_enabled"),
                Json.truth(json, "access_pattern_enabled"),
                Json.truth(json, "record_latest_read_files_enabled"),
                Json.truth(json, "measure_latency"),
                Json.text(json, "id"),
                Json.number(json, "nr_opens"),
                Json.number(json, "data_read"),
                Json.numbers(json.get("block_count_read")),
                Json.numbers(json.get("fop_hits")),
                Json.numbers(json.get("fop_errors")),
                Json.numbers(json.get("fop_cumulative_latency_total")),
                Json.numbers(json.get("read_latency_dist")));
    }

    public String toJson() {
        var out =
                JsonWriter.compact()
                        .object()
                        .put("files_account_enabled", filesAccountEnabled)
                        .put("access_pattern_enabled", accessPatternEnabled)
                        .put("record_latest_read_files_enabled", recordLatestReadFilesEnabled)
                        .put("measure_latency", measureLatency)
                        .put("id", id);
        Json.put(out, "nr_opens", openFiles);
        Json.put(out, "data_read", dataRead);
        Json.put(out, "block_count_read", blockCountRead);
        Json.put(out, "fop_hits", opHits);
        Json.put(out, "fop_errors", opErrors);
        Json.put(out, "fop_cumulative_latency_total", opLatencyMicros);
        Json.put(out, "read_latency_dist", readLatencyDist);
        return out.end().toString();
    }
}
