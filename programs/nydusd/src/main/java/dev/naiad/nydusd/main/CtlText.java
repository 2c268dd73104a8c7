package dev.naiad.nydusd.main;

import dev.naiad.nydusdapi.BackendMetrics;
import dev.naiad.nydusdapi.BlobcacheMetrics;
import dev.naiad.nydusdapi.DaemonInfo;
import dev.naiad.nydusdapi.FsMetrics;
import dev.naiad.nydusdapi.FsOperation;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What nydusctl prints for people. */
final class CtlText {
    private static final List<String> LATENCY_CLASSES =
            List.of("<1ms", "~20ms", "~50ms", "~100ms", "~500ms", "~1s", "~2s", "2s~");
    private static final List<String> SIZE_CLASSES =
            List.of("<1K", "1K~", "4K~", "16K~", "64K~", "128K~", "512K~", "1M~");

    private CtlText() {}

    private static void line(StringBuilder out, String indent, String key, Object value) {
        out.append(String.format(Locale.ROOT, "%s%-24s%s%n", indent, key + ":", value));
    }

    static String info(DaemonInfo info) {
        var out = new StringBuilder();
        line(out, "", "Version", info.version().packageVer());
        line(out, "", "Status", info.state());
        line(out, "", "Profile", info.version().profile());
        line(out, "", "Commit", info.version().gitCommit());
        var instances = info.instances().orElse(List.of());
        if (!instances.isEmpty()) {
            out.append(String.format("Instances:%n"));
        }
        for (var instance : instances) {
            var rafs = instance.config().get("rafs");
            line(out, "\t", "Mountpoint", instance.mountpoint());
            line(out, "\t", "Type", instance.backendType());
            line(out, "\t", "Mounted Time", instance.mountedTime());
            if (rafs.isPresent()) {
                line(out, "\t", "Mode", rafs.get("mode").text());
                line(out, "\t", "Prefetch", rafs.at("prefetch", "enable").text());
                line(out, "\t", "Prefetch Merging Size", rafs.at("prefetch", "batch_size").text());
            }
            out.append(String.format("%n"));
        }
        return out.toString();
    }

    static String cache(BlobcacheMetrics m) {
        var out = new StringBuilder();
        long requests = Math.max(1, m.prefetchRequestsCount());
        long begin = m.prefetchBeginTimeSecs() * 1000 + m.prefetchBeginTimeMillis();
        long end = m.prefetchEndTimeSecs() * 1000 + m.prefetchEndTimeMillis();
        long millis = Math.max(0, end - begin);
        line(out, "", "Partial Hits", m.partialHits());
        line(out, "", "Whole Hits", m.wholeHits());
        line(out, "", "Total Read", m.total());
        line(out, "", "Directory", m.storePath());
        line(out, "", "Files", String.join(" ", m.underlyingFiles()));
        line(out, "", "Persister Buffer", m.bufferedBackendSize());
        line(out, "", "Prefetch Workers", m.prefetchWorkers());
        line(out, "", "Prefetch Amount", m.prefetchDataAmount() / 1024 + " KB");
        line(out, "", "Prefetch Requests", m.prefetchRequestsCount());
        line(out, "", "Prefetch Average Size", m.prefetchDataAmount() / requests + " Bytes");
        line(
                out,
                "",
                "Prefetch Duration",
                String.format(Locale.ROOT, "%.3f Seconds", millis / 1000.0));
        line(
                out,
                "",
                "Prefetch Bandwidth",
                String.format(
                        Locale.ROOT,
                        "%.3f MB/S",
                        millis == 0 ? 0.0 : m.prefetchDataAmount() / 1048.576 / millis));
        line(
                out,
                "",
                "Prefetch Request Latency",
                m.prefetchCumulativeTimeMillis() / requests + " Milliseconds");
        line(out, "", "Prefetch Unmerged", m.prefetchUnmergedChunks());
        return out.toString();
    }

    static String fsStats(FsMetrics m) {
        var out = new StringBuilder();
        out.append(String.format("Read Latency:%n"));
        table(out, LATENCY_CLASSES, m.readLatencyDist());
        line(out, "", "Read Errors", at(m.opErrors(), FsOperation.READ));
        line(out, "", "Read Data", m.dataRead() / 1024 + "KB");
        out.append(String.format("%nFOP Counters:%n"));
        for (var operation : FsOperation.values()) {
            line(out, "", name(operation), at(m.opHits(), operation));
        }
        return out.toString();
    }

    private static long at(List<Long> values, FsOperation operation) {
        return operation.index() < values.size() ? values.get(operation.index()) : 0;
    }

    /** {@code Batchforget} and the like. */
    private static String name(FsOperation operation) {
        var text = operation.name().replace("_", "");
        return text.charAt(0) + text.substring(1).toLowerCase(Locale.ROOT);
    }

    private static void table(StringBuilder out, List<String> heads, List<Long> values) {
        for (var head : heads) {
            out.append(String.format("%-10s", head));
        }
        out.append(String.format("%n"));
        for (long value : values) {
            out.append(String.format("%-10d", value));
        }
        out.append(String.format("%n"));
    }

    static String backend(BackendMetrics m) {
        var out = new StringBuilder();
        line(out, "", "Backend Type", m.backendType());
        line(out, "", "Read Amount", m.readAmountTotal() / 1024 + " KB");
        line(out, "", "Read Count", m.readCount());
        line(out, "", "Read Errors", m.readErrors());
        return out.toString();
    }

    static String backendChange(BackendMetrics before, BackendMetrics now, Duration interval) {
        var out = new StringBuilder();
        long bytes = now.readAmountTotal() - before.readAmountTotal();
        long reads = now.readCount() - before.readCount();
        long millis = now.latencyMillisTotal() - before.latencyMillisTotal();
        line(
                out,
                "",
                "Backend Read Bandwidth",
                bytes / 1024 / Math.max(1, interval.toSeconds()) + " KB/S");
        line(out, "", "Average IO Size", reads == 0 ? "0 Bytes" : bytes / reads + " Bytes");
        line(
                out,
                "",
                "Average Latency",
                reads == 0 ? "0 Milliseconds" : millis / reads + " Milliseconds");
        out.append(String.format("Average Latency by Block Size (Milliseconds):%n"));
        var average =
                java.util.stream.IntStream.range(0, SIZE_CLASSES.size())
                        .mapToObj(
                                i -> {
                                    long count =
                                            change(before.blockSizeDist(), now.blockSizeDist(), i);
                                    return count == 0
                                            ? 0L
                                            : change(
                                                            before.latencyMillisDist(),
                                                            now.latencyMillisDist(),
                                                            i)
                                                    / count;
                                })
                        .toList();
        table(out, SIZE_CLASSES, average);
        return out.append(String.format("%n")).toString();
    }

    private static long change(List<Long> before, List<Long> now, int index) {
        return index < before.size() && index < now.size() ? now.get(index) - before.get(index) : 0;
    }
}
