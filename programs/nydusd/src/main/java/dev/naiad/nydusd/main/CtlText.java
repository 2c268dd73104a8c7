package dev.naiad.nydusd.main;

import dev.naiad.base.config.JsonWriter;
import dev.naiad.nydusdapi.BackendMetrics;
import dev.naiad.nydusdapi.BlobcacheMetrics;
import dev.naiad.nydusdapi.DaemonInfo;
import dev.naiad.nydusdapi.FsInstance;
import dev.naiad.nydusdapi.FsMetrics;
import dev.naiad.nydusdapi.FsOperation;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What nydusctl prints for people, in the original's layout: a blank line first, labels in columns,
 * texts quoted as in JSON. Where the original divides by nothing and prints NaN, 0 stands.
 */
final class CtlText {
    private static final List<String> LATENCY_CLASSES =
            List.of("<1ms", "~20ms", "~50ms", "~100ms", "~500ms", "~1s", "~2s", "2s~");
    private static final List<String> SIZE_CLASSES =
            List.of("<1K", "1K~", "4K~", "16K~", "64K~", "128K~", "512K~", "1M~");
    private static final int TABLE_LABEL = 25;
    private static final double MIB = 1 << 20;

    /** Operations in the first of the two rows of counters. */
    private static final int FIRST_ROW = 8;

    private CtlText() {}

    /** Lines of labels, all as wide as {@code width}. */
    private static final class Lines {
        private final StringBuilder out = new StringBuilder("\n");
        private final int width;

        Lines(int width) {
            this.width = width;
        }

        Lines line(String label, Object value) {
            out.append(label).append(':').repeat(' ', Math.max(1, width - label.length() - 1));
            out.append(value).append('\n');
            return this;
        }

        Lines text(String text) {
            out.append(text);
            return this;
        }

        @Override
        public String toString() {
            return out.toString();
        }
    }

    private static String quoted(String text) {
        return JsonWriter.compact().value(text).toString();
    }

    private static String quoted(List<String> texts) {
        return texts.stream().map(CtlText::quoted).collect(Collectors.joining(",", "[", "]"));
    }

    /** Without exponent and without zeros at the end. */
    private static String plain(double number) {
        return number == 0 ? "0" : BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    private static double ratio(double amount, double divisor) {
        return divisor == 0 ? 0 : amount / divisor;
    }

    private static long quotient(long amount, long divisor) {
        return divisor == 0 ? 0 : amount / divisor;
    }

    static String info(DaemonInfo info) {
        var out =
                new Lines(24)
                        .line("Version", quoted(info.version().packageVer()))
                        .line("Status", quoted(info.state().name()))
                        .line("Profile", quoted(info.version().profile()))
                        .line("Commit", quoted(info.version().gitCommit()));
        var instances =
                info.instances().orElse(List.of()).stream()
                        .sorted(Comparator.comparing(FsInstance::mountpoint))
                        .toList();
        if (!instances.isEmpty()) {
            out.text("Instances:\n");
        }
        for (var instance : instances) {
            out.text("\tInstance Mountpoint:  " + instance.mountpoint() + "\n");
            out.text("\tType:  " + instance.backendType() + "\n");
            out.text("\tMounted Time:  " + instance.mountedTime() + "\n");
            var rafs = instance.config().get("rafs");
            if (rafs.isPresent()) {
                var prefetch = instance.config().at("cache", "prefetch");
                if (!prefetch.isPresent()) {
                    prefetch = rafs.get("prefetch");
                }
                out.text("\tMode:  " + rafs.get("mode").text() + "\n");
                out.text("\tPrefetch:  " + prefetch.get("enable").text() + "\n");
                out.text("\tPrefetch Merging Size:  " + prefetch.get("batch_size").text() + "\n");
                out.text("\n");
            }
        }
        return out.toString();
    }

    static String cache(BlobcacheMetrics m) {
        double seconds =
                m.prefetchEndTimeSecs()
                        - m.prefetchBeginTimeSecs()
                        + (m.prefetchEndTimeMillis() - m.prefetchBeginTimeMillis()) / 1000.0;
        long amount = m.prefetchDataAmount();
        long requests = m.prefetchRequestsCount();
        return new Lines(28)
                .line("Partial Hits", m.partialHits())
                .line("Whole Hits", m.wholeHits())
                .line("Total Read", m.total())
                .line("Directory", quoted(m.storePath()))
                .line("Files", quoted(m.underlyingFiles()))
                .line("Persister Buffer", m.bufferedBackendSize())
                .text("\n")
                .line("Prefetch Workers", m.prefetchWorkers())
                .line("Prefetch Amount", amount + " = " + plain(amount / 1024.0) + " KB")
                .line("Prefetch Requests", requests)
                .line("Prefetch Average Size", quotient(amount, requests) + " Bytes")
                .line("Prefetch Duration", plain(seconds) + " Seconds")
                .line("Prefetch Bandwidth", plain(ratio(amount / MIB, seconds)) + " MB/S")
                .line(
                        "Prefetch Request Latency",
                        plain(ratio(m.prefetchCumulativeTimeMillis() / 1000.0, (double) requests))
                                + " Seconds")
                .line("Prefetch Unmerged", m.prefetchUnmergedChunks())
                .toString();
    }

    static String fsStats(FsMetrics m) {
        var out = new StringBuilder("\n");
        row(out, 16, "Read Latency:", LATENCY_CLASSES);
        row(out, 16, "Reads Count:", m.readLatencyDist());
        out.append("\nRead Errors: ").append(at(m.opErrors(), FsOperation.READ)).append('\n');
        long read = m.dataRead();
        out.append("Read Data: ").append(read).append("Bytes (");
        out.append(read >> 20).append("MB)\n\nFOP Counters:\n");
        for (var operation : FsOperation.values()) {
            out.append(name(operation)).append('(').append(at(m.opHits(), operation)).append(')');
            boolean rowEnds =
                    operation.index() == FIRST_ROW - 1
                            || operation.index() == FsOperation.values().length - 1;
            out.append(rowEnds ? '\n' : ' ');
        }
        return out.toString();
    }

    private static long at(List<Long> values, FsOperation operation) {
        return operation.index() < values.size() ? values.get(operation.index()) : 0;
    }

    /** {@code BatchForget} and the like. */
    private static String name(FsOperation operation) {
        if (operation == FsOperation.BATCH_FORGET) {
            return "BatchForget";
        }
        var text = operation.name().replace("_", "");
        return text.charAt(0) + text.substring(1).toLowerCase(Locale.ROOT);
    }

    private static void row(StringBuilder out, int width, String label, List<?> values) {
        out.append(label).repeat(' ', width - label.length());
        cells(out, values);
    }

    private static void cells(StringBuilder out, List<?> values) {
        for (var value : values) {
            String text = value.toString();
            out.append(text).repeat(' ', Math.max(0, 8 - text.length()));
        }
        out.append('\n');
    }

    static String backend(BackendMetrics m) {
        var out = new StringBuilder();
        out.append(
                new Lines(20)
                        .line("Backend Type", quoted(m.backendType()))
                        .line(
                                "Read Amount",
                                m.readAmountTotal()
                                        + " Bytes ("
                                        + plain(m.readAmountTotal() / MIB)
                                        + " MB)")
                        .line("Read Count", m.readCount())
                        .line("Read Errors", m.readErrors()));
        out.append('\n');
        row(out, TABLE_LABEL, "Block Sizes:", SIZE_CLASSES);
        row(
                out,
                TABLE_LABEL,
                "Average Latency(millis):",
                averages(m.latencyMillisDist(), m.blockSizeDist()));
        out.append('\n');
        row(out, TABLE_LABEL, "Block Sizes:", SIZE_CLASSES);
        row(out, TABLE_LABEL, "Request Count:", m.blockSizeDist());
        return out.toString();
    }

    static String backendChange(BackendMetrics before, BackendMetrics now, Duration interval) {
        long bytes = now.readAmountTotal() - before.readAmountTotal();
        long reads = now.readCount() - before.readCount();
        long millis = now.latencyMillisTotal() - before.latencyMillisTotal();
        var out = new StringBuilder("\n>>> >>> >>> >>> >>>");
        out.append(
                new Lines(28)
                        .line(
                                "Backend Read Bandwidth",
                                quotient(bytes, interval.toSeconds() * 1024) + " KB/S")
                        .line("Backend Average IO Size", quotient(bytes, reads) + " Bytes")
                        .line("Backend Average Latency", quotient(millis, reads) + " millis"));
        out.append("\nBlock Sizes/millis:\n");
        cells(out, SIZE_CLASSES);
        cells(
                out,
                averages(
                        changes(before.latencyMillisDist(), now.latencyMillisDist()),
                        changes(before.blockSizeDist(), now.blockSizeDist())));
        return out.append("<<< <<< <<< <<< <<<\n").toString();
    }

    private static List<Long> averages(List<Long> sums, List<Long> counts) {
        return IntStream.range(0, Math.min(sums.size(), counts.size()))
                .mapToObj(i -> quotient(sums.get(i), counts.get(i)))
                .toList();
    }

    private static List<Long> changes(List<Long> before, List<Long> now) {
        return IntStream.range(0, Math.min(before.size(), now.size()))
                .mapToObj(i -> now.get(i) - before.get(i))
                .toList();
    }
}
