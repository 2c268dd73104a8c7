package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import java.util.List;

/**
 * Counters of a blob cache ({@code GET /api/v1/metrics/blobcache}).
 *
 * @param underlyingFiles names of the cache files in use, such as {@code <blob id>.blob.data}
 * @param storePath the work directory
 * @param entriesCount chunks that are ready
 * @param prefetchCumulativeTimeMillis sum of request times
 */
public record BlobcacheMetrics(
        List<String> underlyingFiles,
        String storePath,
        long partialHits,
        long wholeHits,
        long total,
        long entriesCount,
        long prefetchDataAmount,
        long prefetchRequestsCount,
        long prefetchWorkers,
        long prefetchUnmergedChunks,
        long prefetchCumulativeTimeMillis,
        long prefetchBeginTimeSecs,
        long prefetchBeginTimeMillis,
        long prefetchEndTimeSecs,
        long prefetchEndTimeMillis,
        long bufferedBackendSize,
        boolean dataAllReady) {
    public BlobcacheMetrics {
        underlyingFiles = List.copyOf(underlyingFiles);
    }

    public static BlobcacheMetrics of(ConfigNode json) {
        return new BlobcacheMetrics(
                Json.texts(json.get("underlying_files")),
                Json.text(json, "store_path"),
                Json.number(json, "partial_hits"),
                Json.number(json, "whole_hits"),
                Json.number(json, "total"),
                Json.number(json, "entries_count"),
                Json.number(json, "prefetch_data_amount"),
                Json.number(json, "prefetch_requests_count"),
                Json.number(json, "prefetch_workers"),
                Json.number(json, "prefetch_unmerged_chunks"),
                Json.number(json, "prefetch_cumulative_time_millis"),
                Json.number(json, "prefetch_begin_time_secs"),
                Json.number(json, "prefetch_begin_time_millis"),
                Json.number(json, "prefetch_end_time_secs"),
                Json.number(json, "prefetch_end_time_millis"),
                Json.number(json, "buffered_backend_size"),
                Json.truth(json, "data_all_ready"));
    }

    public String toJson() {
        var out =
                JsonWriter.compact()
                        .object()
                        .put("underlying_files", underlyingFiles)
                        .put("store_path", storePath);
        Json.put(out, "partial_hits", partialHits);
        Json.put(out, "whole_hits", wholeHits);
        Json.put(out, "total", total);
        Json.put(out, "entries_count", entriesCount);
        Json.put(out, "prefetch_data_amount", prefetchDataAmount);
        Json.put(out, "prefetch_requests_count", prefetchRequestsCount);
        Json.put(out, "prefetch_workers", prefetchWorkers);
        Json.put(out, "prefetch_unmerged_chunks", prefetchUnmergedChunks);
        Json.put(out, "prefetch_cumulative_time_millis", prefetchCumulativeTimeMillis);
        Json.put(out, "prefetch_begin_time_secs", prefetchBeginTimeSecs);
        Json.put(out, "prefetch_begin_time_millis", prefetchBeginTimeMillis);
        Json.put(out, "prefetch_end_time_secs", prefetchEndTimeSecs);
        Json.put(out, "prefetch_end_time_millis", prefetchEndTimeMillis);
        Json.put(out, "buffered_backend_size", bufferedBackendSize);
        return out.put("data_all_ready", dataAllReady).end().toString();
    }
}
