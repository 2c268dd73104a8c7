package dev.naiad.dfdaemon.metrics;

import dev.naiad.base.metrics.Counter;
import dev.naiad.base.metrics.Gauge;
import dev.naiad.base.metrics.Histogram;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.base.metrics.ProcessMetrics;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.TrafficType;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/** All metrics of dfdaemon; names, labels and buckets are the original's. */
public final class DfdaemonMetrics {
    private static final String PREFIX = "dragonfly_client_";
    private static final double[] MILLIS = Histogram.exponential(1, 2, 24);
    private static final String[] TASK = {"type", "tag", "app", "priority"};
    private static final String[] UPLOAD = {"type", "tag", "app"};

    /** As the original's builds name it. */
    private static final String PLATFORM =
            ("aarch64".equals(System.getProperty("os.arch")) ? "aarch64" : "x86_64")
                    + "-unknown-linux-gnu";

    private static final long MIB = 1L << 20;
    private static final long[] SIZE_LEVELS = sizeLevels();

    private final MetricRegistry registry = new MetricRegistry();
    private final Counter downloads = counter("download_task_total", "Downloads begun.", TASK);
    private final Counter downloadFailures =
            counter("download_task_failure_total", "Downloads that failed.", TASK);
    private final Gauge concurrentDownloads =
            gauge("concurrent_download_task_total", "Downloads that run now.", TASK);
    private final Histogram downloadDurations =
            registry.histogram(
                    PREFIX + "download_task_duration_milliseconds",
                    "How long downloads took.",
                    MILLIS,
                    "task_type",
                    "task_size_level");
    private final Counter prefetches = counter("prefetch_task_total", "Prefetches begun.", TASK);
    private final Counter prefetchFailures =
            counter("prefetch_task_failure_total", "Prefetches that failed.", TASK);
    private final Counter uploads = counter("upload_task_total", "Tasks begun for others.", UPLOAD);
    private final Counter uploadFailures =
            counter("upload_task_failure_total", "Tasks for others that failed.", UPLOAD);
    private final Gauge concurrentUploads =
            gauge("concurrent_upload_task_total", "Tasks for others that run now.", UPLOAD);
    private final Histogram uploadDurations =
            registry.histogram(
                    PREFIX + "upload_task_duration_milliseconds",
                    "How long tasks for others took.",
                    MILLIS,
                    "task_type",
                    "task_size_level");
    private final Gauge concurrentUploadPieces =
            gauge("concurrent_upload_piece_total", "Pieces that are given to children now.");
    private final Counter downloadTraffic =
            counter("download_traffic", "Bytes of content by where they came from.", "type");
    private final Counter uploadTraffic =
            counter("upload_traffic", "Bytes of pieces given to children.");
    private final Counter backendRequests =
            counter("backend_request_total", "Requests to origins.", "scheme", "method");
    private final Counter backendFailures =
            counter(
                    "backend_request_failure_total",
                    "Requests to origins that failed.",
                    "scheme",
                    "method");
    private final Histogram backendDurations =
            registry.histogram(
                    PREFIX + "backend_request_duration_milliseconds",
                    "How long requests to origins took, with their content.",
                    MILLIS,
                    "scheme",
                    "method");
    private final Counter proxyRequests = counter("proxy_request_total", "Requests to the proxy.");
    private final Counter proxyFailures =
            counter("proxy_request_failure_total", "Requests to the proxy that failed.");
    private final Counter proxyTasks =
            counter(
                    "proxy_request_via_dfdaemon_total",
                    "Requests to the proxy that were answered from the swarm.");
    private final Counter statTasks = counter("stat_task_total", "StatTask calls.", "type");
    private final Counter deleteTasks = counter("delete_task_total", "DeleteTask calls.", "type");

    /** Metrics with version labels; {@code storage} is the directory whose disk is shown. */
    public DfdaemonMetrics(String version, String commit, Path storage) {
        registry.gauge(
                        PREFIX + "version",
                        "What runs here.",
                        "git_version",
                        "git_commit",
                        "platform",
                        "build_time")
                .labels(version, commit, PLATFORM, "unknown")
                .set(1);
        ProcessMetrics.register(registry);
        for (String type : new String[] {"BACK_TO_SOURCE", "REMOTE_PEER", "LOCAL_PEER"}) {
            downloadTraffic.labels(type);
        }
        Gauge total = gauge("disk_space_total", "Bytes of the disk of storage.dir.");
        Gauge used = gauge("disk_usage_space_total", "Used bytes of the disk of storage.dir.");
        registry.onCollect(
                () -> {
                    try {
                        FileStore disk = Files.getFileStore(storage);
                        total.set((double) disk.getTotalSpace());
                        used.set((double) (disk.getTotalSpace() - disk.getUsableSpace()));
                    } catch (IOException e) {
                        total.set(0);
                        used.set(0);
                    }
                });
    }

    private Counter counter(String name, String help, String... labels) {
        return registry.counter(PREFIX + name, help, labels);
    }

    private Gauge gauge(String name, String help, String... labels) {
        return registry.gauge(PREFIX + name, help, labels);
    }

    public String text() {
        return registry.text();
    }

    /** A download for a reader on this host. */
    public Run download(Download download) {
        String[] labels = labels(download);
        downloads.labels(labels).inc();
        concurrentDownloads.labels(labels).inc();
        long begin = System.nanoTime();
        return (size, well) -> {
            concurrentDownloads.labels(labels).dec();
            if (well) {
                observe(downloadDurations, labels[0], size, begin);
            } else {
                downloadFailures.labels(labels).inc();
            }
        };
    }

    private static void observe(Histogram durations, String type, long size, long begin) {
        durations.labels(type, Integer.toString(sizeLevel(size))).observe(millisSince(begin));
    }

    private static double millisSince(long begin) {
        return (double) Duration.ofNanos(System.nanoTime() - begin).toMillis();
    }

    /** A prefetch of the rest of a content. */
    public Run prefetch(Download download) {
        String[] labels = labels(download);
        prefetches.labels(labels).inc();
        return (size, well) -> {
            if (!well) {
                prefetchFailures.labels(labels).inc();
            }
        };
    }

    /** A task that another host asked for. */
    public Run upload(Download download) {
        String[] all = labels(download);
        String[] labels = {all[0], all[1], all[2]};
        uploads.labels(labels).inc();
        concurrentUploads.labels(labels).inc();
        long begin = System.nanoTime();
        return (size, well) -> {
            concurrentUploads.labels(labels).dec();
            if (well) {
                observe(uploadDurations, labels[0], size, begin);
            } else {
                uploadFailures.labels(labels).inc();
            }
        };
    }

    /** Something that was begun and ends once. */
    @FunctionalInterface
    public interface Run {
        void end(long bytes, boolean well);
    }

    public void traffic(TrafficType type, long bytes) {
        downloadTraffic.labels(type.name()).inc((double) bytes);
    }

    public void uploaded(long bytes) {
        uploadTraffic.inc((double) bytes);
    }

    public void uploadBegins() {
        concurrentUploadPieces.inc();
    }

    public void uploadEnds() {
        concurrentUploadPieces.dec();
    }

    /**
     * A request to an origin begins.
     *
     * @param method as the original counts it: HEAD for a stat, GET for a piece
     * @return to be told at its end whether it went well
     */
    public Consumer<Boolean> backendRequest(String scheme, String method) {
        backendRequests.labels(scheme, method).inc();
        long begin = System.nanoTime();
        return well -> {
            backendDurations.labels(scheme, method).observe(millisSince(begin));
            if (!well) {
                backendFailures.labels(scheme, method).inc();
            }
        };
    }

    public void proxyRequest() {
        proxyRequests.inc();
    }

    public void proxyFailure() {
        proxyFailures.inc();
    }

    public void proxyTask() {
        proxyTasks.inc();
    }

    public void statTask() {
        statTasks.labels("0").inc();
    }

    public void deleteTask() {
        deleteTasks.labels("0").inc();
    }

    private static String[] labels(Download download) {
        return new String[] {
            Integer.toString(download.getTypeValue()),
            download.getTag(),
            download.getApplication(),
            Integer.toString(download.getPriorityValue())
        };
    }

    /** Which of the original's 21 classes of size a content belongs to. */
    static int sizeLevel(long bytes) {
        for (int level = 0; level < SIZE_LEVELS.length; level++) {
            if (bytes <= 0 || (level > 0 && bytes < SIZE_LEVELS[level])) {
                return level;
            }
        }
        return SIZE_LEVELS.length;
    }

    private static long[] sizeLevels() {
        long[] levels = new long[20];
        levels[1] = MIB;
        for (int level = 2; level < levels.length; level++) {
            levels[level] = (4 * MIB) << (level - 2);
        }
        return levels;
    }
}
