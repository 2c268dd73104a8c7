package dev.naiad.snapshotter.system;

import dev.naiad.base.error.NaiadException;
import dev.naiad.base.metrics.Counter;
import dev.naiad.base.metrics.Gauge;
import dev.naiad.base.metrics.Histogram;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.linux.DirectoryTree;
import dev.naiad.nydusdapi.FsMetrics;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.snapshotter.daemon.Daemons;
import dev.naiad.snapshotter.store.InstanceRecord;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The original's metric names; gauges are sampled when they are asked for. */
public final class SnapshotterMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotterMetrics.class);
    private static final double[] OPERATION_BOUNDS = {
        .5, 1, 5, 10, 50, 100, 150, 200, 250, 300, 350, 400, 600, 1000
    };
    private static final Duration PROBE = Duration.ofSeconds(2);
    private static final int READ_OPERATION = 4;

    private final MetricRegistry registry = new MetricRegistry();
    private final Histogram operations =
            registry.histogram(
                    "snapshotter_snapshot_operation_elapsed_milliseconds",
                    "Time that snapshot operations took.",
                    OPERATION_BOUNDS,
                    "snapshot_operation");
    private final Counter events =
            registry.counter(
                    "nydusd_lifetime_event_counts",
                    "Events in the lives of nydusd processes.",
                    "nydusd_event");
    private final Gauge counts =
            registry.gauge("nydusd_counts", "Running nydusd processes.", "version");
    private final Gauge rss =
            registry.gauge("nydusd_rss_kilobytes", "Memory of a nydusd.", "daemon_id");
    private final Gauge info =
            registry.gauge(
                    "nydusd_image_info",
                    "Which nydusd serves which image.",
                    "daemon_id",
                    "image_ref");
    private final Gauge readBytes =
            registry.gauge("nydusd_total_read_bytes", "Bytes that were read.", "image_ref");
    private final Gauge readHits =
            registry.gauge("nydusd_read_hits", "Reads that were answered.", "image_ref");
    private final Gauge readErrors =
            registry.gauge("nydusd_read_errors", "Reads that failed.", "image_ref");
    private final Gauge hung =
            registry.gauge("nydusd_hung_io_counts", "Requests in flight for too long.");
    private final Gauge cache =
            registry.gauge("snapshotter_cache_usage_kilobytes", "Disk space of cached blobs.");
    private final Gauge memory =
            registry.gauge("snapshotter_memory_usage_kilobytes", "Memory of this process.");
    private final Gauge threads =
            registry.gauge("snapshotter_thread_counts", "Threads of this process.");
    private final Gauge descriptors =
            registry.gauge("snapshotter_fd_counts", "Open files of this process.");
    private final Gauge uptime =
            registry.gauge("snapshotter_run_time_seconds", "Age of this process.");

    private final Duration hungAfter;
    private final InstantSource clock;

    /**
     * @param hungAfter the age from which a request in nydusd counts as hung
     */
    public SnapshotterMetrics(
            Supplier<List<Daemons.Report>> reports,
            Path cacheDir,
            Duration hungAfter,
            InstantSource clock) {
        this.hungAfter = hungAfter;
        this.clock = clock;
        registry.onCollect(
                () -> {
                    sampleSelf(cacheDir);
                    sampleDaemons(reports.get());
                });
    }

    public void took(String operation, double millis) {
        switch (operation) {
            case "PREPARE", "MOUNTS", "REMOVE", "CLEANUP" ->
                    operations.labels(operation).observe(millis);
            default -> {
                // compat: the original measures these four.
            }
        }
    }

    public void event(String event) {
        events.labels(event).inc();
    }

    public String text() {
        return registry.text();
    }

    private void sampleSelf(Path cacheDir) {
        memory.set((double) SystemApi.rssKb((int) ProcessHandle.current().pid()));
        threads.set(Thread.getAllStackTraces().size());
        uptime.set(ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0);
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            int count = 0;
            for (Path ignored : open) {
                count++;
            }
            descriptors.set(count);
        } catch (IOException e) {
            LOG.debug("open files cannot be counted: {}", e.getMessage());
        }
        try {
            if (Files.isDirectory(cacheDir)) {
                cache.set(DirectoryTree.size(cacheDir).bytes() / 1024.0);
            }
        } catch (IOException e) {
            LOG.debug("cache cannot be measured: {}", e.getMessage());
        }
    }

    private void sampleDaemons(List<Daemons.Report> reports) {
        List.of(counts, rss, info, readBytes, readHits, readErrors).forEach(Gauge::clear);
        Map<String, Integer> versions = new TreeMap<>();
        long hungRequests = 0;
        for (Daemons.Report report : reports) {
            if (!report.running()) {
                continue;
            }
            versions.merge(report.version(), 1, Integer::sum);
            rss.labels(report.record().id())
                    .set((double) SystemApi.rssKb(report.record().processId()));
            var client = new NydusdClient(Path.of(report.record().apiSocket()), PROBE);
            hungRequests += hungRequests(report.record().id(), client);
            for (InstanceRecord instance : report.instances()) {
                info.labels(report.record().id(), instance.imageId()).set(1);
                Optional<String> id =
                        report.record().isShared()
                                ? Optional.of("/" + instance.snapshotId())
                                : Optional.empty();
                try {
                    image(instance.imageId(), client.fsMetrics(id));
                } catch (NaiadException e) {
                    LOG.debug("daemon {}: no metrics: {}", report.record().id(), e.getMessage());
                }
            }
        }
        versions.forEach((version, count) -> counts.labels(version).set(count));
        hung.set((double) hungRequests);
    }

    private long hungRequests(String daemon, NydusdClient client) {
        long latest = clock.instant().minus(hungAfter).getEpochSecond();
        try {
            return client.inflight().stream()
                    .filter(request -> request.timestampSecs() < latest)
                    .count();
        } catch (NaiadException e) {
            LOG.debug("daemon {}: no requests in flight: {}", daemon, e.getMessage());
            return 0;
        }
    }

    private void image(String reference, FsMetrics metrics) {
        readBytes.labels(reference).set((double) metrics.dataRead());
        if (metrics.opHits().size() > READ_OPERATION
                && metrics.opErrors().size() > READ_OPERATION) {
            readHits.labels(reference).set((double) metrics.opHits().get(READ_OPERATION));
            readErrors.labels(reference).set((double) metrics.opErrors().get(READ_OPERATION));
        }
    }
}
