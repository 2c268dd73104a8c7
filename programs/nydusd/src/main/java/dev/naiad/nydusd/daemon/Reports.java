package dev.naiad.nydusd.daemon;

import dev.naiad.base.config.JsonWriter;
import dev.naiad.nydusd.vfs.FsStats;
import dev.naiad.nydusdapi.BackendMetrics;
import dev.naiad.nydusdapi.BlobcacheMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Counters of what is mounted. A question without id is answered where exactly one image is
 * mounted; all answers are empty where there is no such counter.
 */
public final class Reports {
    private static final List<String> SETTINGS =
            List.of("registry_auth", "proxy_url", "dragonfly_scheduler_endpoint");

    private final Mounts mounts;

    Reports(Mounts mounts) {
        this.mounts = mounts;
    }

    private Optional<Instance> instance(Optional<String> id) {
        if (id.isPresent()) {
            return mounts.at(id.get());
        }
        var all = mounts.all();
        return all.size() == 1 ? Optional.of(all.getFirst()) : Optional.empty();
    }

    /** Filesystem counters by mountpoint. */
    public Optional<FsStats> fs(Optional<String> id) {
        return instance(id).map(Instance::stats);
    }

    /** Backend counters by mountpoint. */
    public Optional<BackendMetrics> backend(Optional<String> id) {
        return instance(id).map(instance -> of(instance.backend().metrics()));
    }

    private static BackendMetrics of(dev.naiad.backend.BackendCounters m) {
        var bySize = new ArrayList<List<Long>>();
        for (int size = 0; size < m.countBySize().length; size++) {
            bySize.add(list(m.latencyCounts(size)));
        }
        return new BackendMetrics(
                m.type(),
                m.readCount(),
                m.readErrors(),
                m.readBytes(),
                m.latencyMillis(),
                list(m.latencyBySize()),
                list(m.countBySize()),
                bySize);
    }

    private static List<Long> list(long[] values) {
        return LongStream.of(values).boxed().toList();
    }

    /** Cache counters by mountpoint, or by the configuration's id. */
    public Optional<BlobcacheMetrics> blobcache(Optional<String> id) {
        return instance(id)
                .or(
                        () ->
                                id.flatMap(
                                        wanted ->
                                                mounts.all().stream()
                                                        .filter(
                                                                i ->
                                                                        i.spec()
                                                                                .config()
                                                                                .id()
                                                                                .equals(wanted))
                                                        .findFirst()))
                .map(Reports::of);
    }

    private static BlobcacheMetrics of(Instance instance) {
        var c = instance.image().cache().snapshot();
        return new BlobcacheMetrics(
                c.underlyingFiles(),
                c.storePath(),
                c.partialHits(),
                c.wholeHits(),
                c.total(),
                c.entriesCount(),
                c.prefetchDataAmount(),
                c.prefetchRequestsCount(),
                c.prefetchWorkers(),
                c.prefetchUnmergedChunks(),
                c.prefetchCumulativeTimeMillis(),
                c.prefetchBeginMillis() / 1000,
                c.prefetchBeginMillis() % 1000,
                c.prefetchEndMillis() / 1000,
                c.prefetchEndMillis() % 1000,
                c.bufferedBackendSize(),
                c.dataAllReady());
    }

    /** Facts of a mounted image's superblock. */
    public Optional<String> superblock(String mountpoint) {
        return mounts.at(mountpoint)
                .map(
                        instance -> {
                            var bootstrap = instance.image().bootstrap();
                            var out =
                                    JsonWriter.compact()
                                            .object()
                                            .put("version", bootstrap.version().name())
                                            .put("root_inode", bootstrap.root().number())
                                            .put("chunk_size", bootstrap.chunkSize())
                                            .put("inodes_count", bootstrap.inodeCount())
                                            .put("flags", bootstrap.flags())
                                            .key("blobs")
                                            .array();
                            IntStream.range(0, bootstrap.blobs().size())
                                    .forEach(i -> out.value(instance.image().blobs().get(i).id()));
                            return out.end().end().toString();
                        });
    }

    /**
     * Changes settings of a running backend.
     *
     * @return false if a key is unknown; then nothing was changed
     */
    public Optional<Boolean> configure(String mountpoint, Map<String, String> settings) {
        if (!SETTINGS.containsAll(settings.keySet())) {
            return Optional.of(false);
        }
        return mounts.at(mountpoint)
                .map(
                        instance -> {
                            settings.forEach(instance.backend()::reconfigure);
                            instance.settings().putAll(settings);
                            return true;
                        });
    }

    /** Settings made at run time, by {@code mountpoint:key} where no mountpoint is asked for. */
    public Map<String, String> settings(Optional<String> mountpoint) {
        var found = new LinkedHashMap<String, String>();
        for (var instance : mounts.all()) {
            var place = instance.spec().mountpoint();
            if (mountpoint.isEmpty()) {
                instance.settings().forEach((key, value) -> found.put(place + ":" + key, value));
            } else if (mountpoint.get().equals(place)) {
                found.putAll(instance.settings());
            }
        }
        // A client may ask, but must not learn credentials that another one supplied.
        found.replaceAll((key, value) -> key.endsWith("registry_auth") ? "***" : value);
        return found;
    }
}
