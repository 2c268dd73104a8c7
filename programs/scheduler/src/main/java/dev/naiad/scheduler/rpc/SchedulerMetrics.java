package dev.naiad.scheduler.rpc;

import dev.naiad.base.metrics.Counter;
import dev.naiad.base.metrics.Gauge;
import dev.naiad.base.metrics.Histogram;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.dragonfly.api.common.Piece;
import dev.naiad.dragonfly.api.common.Priority;
import dev.naiad.dragonfly.api.common.TrafficType;
import dev.naiad.scheduler.resource.Host;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the scheduler counts: names and labels of the original ({@code dragonfly_scheduler_…}). */
public final class SchedulerMetrics {
    private static final String PREFIX = "dragonfly_scheduler_";
    private static final String STANDARD = "STANDARD";
    private static final long MIB = 1 << 20;

    /** Of what hosts say of themselves. */
    private static final int MAX_LABEL = 128;

    /** Label values of {@code download_peer_*}. */
    record Kind(String priority, String hostType) {
        static final Kind UNKNOWN = new Kind("LEVEL0", "normal");

        static Kind of(Priority priority, Host host) {
            return new Kind(name(priority), type(host.isSeed()));
        }
    }

    /** Upper ends of size levels 1, 2, … in MiB. */
    private static final long[] LEVELS_MIB = {
        1, 4, 8, 16, 32, 64, 128, 256, 512, 1 << 10, 4 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10,
        128 << 10, 256 << 10, 512 << 10, 1 << 20
    };

    private static final double[] MILLIS = Histogram.exponential(1, 4, 10);

    private final Map<String, Counter> calls = new LinkedHashMap<>();
    private final Counter announceHost;
    private final Counter announceHostFailure;
    private final Counter announcePeer;
    private final Counter announcePeerFailure;
    private final Counter register;
    private final Counter registerFailure;
    private final Counter started;
    private final Counter startedFailure;
    private final Counter backToSourceStarted;
    private final Counter backToSourceStartedFailure;
    private final Counter finished;
    private final Counter finishedFailure;
    private final Counter backToSourceFailure;
    private final Counter pieces;
    private final Counter pieceFailures;
    private final Counter traffic;
    private final Gauge open;
    private final Histogram scheduleMillis;
    private final Histogram downloadMillis;

    /** Declares all metrics. */
    public SchedulerMetrics(MetricRegistry registry) {
        for (String call :
                new String[] {
                    "list_hosts", "leave_host", "stat_peer", "leave_peer", "stat_task",
                    "leave_task", "preheat_image", "preheat_file", "stat_image", "stat_file"
                }) {
            calls.put(call, counter(registry, call + "_total", "Calls."));
            calls.put(call + "!", counter(registry, call + "_failure_total", "Calls that failed."));
        }
        String[] host = {
            "os",
            "platform",
            "platform_family",
            "platform_version",
            "kernel_version",
            "git_version",
            "git_commit",
            "go_version",
            "build_platform"
        };
        announceHost = counter(registry, "announce_host_total", "Announcements of hosts.", host);
        announceHostFailure =
                counter(
                        registry,
                        "announce_host_failure_total",
                        "Announcements of hosts refused.",
                        host);
        announcePeer = counter(registry, "announce_peer_total", "Conversations with peers.");
        announcePeerFailure =
                counter(registry, "announce_peer_failure_total", "Conversations that failed.");
        String[] peer = {"priority", "task_type", "host_type"};
        register = counter(registry, "register_peer_total", "Registrations.", peer);
        registerFailure =
                counter(registry, "register_peer_failure_total", "Registrations refused.", peer);
        started = counter(registry, "download_peer_started_total", "Downloads begun.", peer);
        startedFailure =
                counter(
                        registry,
                        "download_peer_started_failure_total",
                        "Reports of a beginning that were refused.",
                        peer);
        backToSourceStarted =
                counter(
                        registry,
                        "download_peer_back_to_source_started_total",
                        "Downloads begun from the origin.",
                        peer);
        backToSourceStartedFailure =
                counter(
                        registry,
                        "download_peer_back_to_source_started_failure_total",
                        "Reports of a beginning from the origin that were refused.",
                        peer);
        finished = counter(registry, "download_peer_finished_total", "Downloads ended.", peer);
        finishedFailure =
                counter(
                        registry,
                        "download_peer_finished_failure_total",
                        "Downloads that failed.",
                        peer);
        backToSourceFailure =
                counter(
                        registry,
                        "download_peer_back_to_source_finished_failure_total",
                        "Downloads that the origin failed.",
                        peer);
        String[] piece = {"traffic_type", "task_type", "host_type"};
        pieces = counter(registry, "download_piece_finished_total", "Pieces reported.", piece);
        pieceFailures =
                counter(
                        registry,
                        "download_piece_finished_failure_total",
                        "Pieces reported as failed.",
                        piece);
        traffic =
                counter(
                        registry,
                        "traffic",
                        "Bytes of the pieces reported.",
                        "type",
                        "task_type",
                        "host_type");
        open = registry.gauge(PREFIX + "concurrent_schedule_total", "Conversations open now.");
        scheduleMillis =
                registry.histogram(
                        PREFIX + "schedule_duration_milliseconds",
                        "Time until an answer with parents or the origin.",
                        MILLIS);
        downloadMillis =
                registry.histogram(
                        PREFIX + "download_peer_duration_milliseconds",
                        "Registration to end of a download.",
                        MILLIS,
                        "task_size_level");
    }

    /** Says which version runs. */
    public static void version(MetricRegistry registry, String version) {
        registry.gauge(
                        PREFIX + "version",
                        "Version of the scheduler; always 1.",
                        "major",
                        "minor",
                        "git_version",
                        "git_commit",
                        "platform",
                        "build_time",
                        "go_version",
                        "go_tags",
                        "go_gcflags")
                .labels("0", "1", version, "", "linux", "", "", "", "")
                .set(1);
    }

    private static Counter counter(
            MetricRegistry registry, String name, String help, String... labels) {
        return registry.counter(PREFIX + name, help, labels);
    }

    void called(String name, boolean ok) {
        count(name);
        if (!ok) {
            count(name + "!");
        }
    }

    private void count(String name) {
        var counter = calls.get(name);
        if (counter != null) {
            counter.inc();
        }
    }

    void conversationOpened() {
        announcePeer.inc();
        open.inc();
    }

    void conversationClosed(boolean ok) {
        open.dec();
        if (!ok) {
            announcePeerFailure.inc();
        }
    }

    void registered(Priority priority, Host host) {
        register.labels(name(priority), STANDARD, type(host.isSeed())).inc();
    }

    void registerFailed(Priority priority, Host host) {
        registerFailure.labels(name(priority), STANDARD, type(host.isSeed())).inc();
    }

    /** A host announced itself; {@code ok} if it was taken. */
    void hostAnnounced(dev.naiad.dragonfly.api.common.Host host, boolean ok) {
        String[] labels = {
            clip(host.getOs()),
            clip(host.getPlatform()),
            clip(host.getPlatformFamily()),
            clip(host.getPlatformVersion()),
            clip(host.getKernelVersion()),
            clip(host.getBuild().getGitVersion()),
            clip(host.getBuild().getGitCommit()),
            clip(host.getBuild().getGoVersion()),
            clip(host.getBuild().getPlatform())
        };
        announceHost.labels(labels).inc();
        if (!ok) {
            announceHostFailure.labels(labels).inc();
        }
    }

    private static String clip(String label) {
        return label.length() <= MAX_LABEL ? label : label.substring(0, MAX_LABEL);
    }

    void started(Kind kind, boolean ok) {
        count(started, kind);
        if (!ok) {
            count(startedFailure, kind);
        }
    }

    void backToSourceStarted(Kind kind, boolean ok) {
        count(backToSourceStarted, kind);
        if (!ok) {
            count(backToSourceStartedFailure, kind);
        }
    }

    void finished(Kind kind, boolean ok) {
        count(finished, kind);
        if (!ok) {
            count(finishedFailure, kind);
        }
    }

    void backToSourceFailed(Kind kind) {
        count(backToSourceFailure, kind);
    }

    private static void count(Counter counter, Kind kind) {
        counter.labels(kind.priority(), STANDARD, kind.hostType()).inc();
    }

    void piece(Piece piece, boolean seed) {
        String kind =
                piece.getTrafficType() == TrafficType.UNRECOGNIZED
                        ? "UNKNOWN"
                        : piece.getTrafficType().name();
        pieces.labels(kind, STANDARD, type(seed)).inc();
        traffic.labels(kind, STANDARD, type(seed)).inc((double) Math.max(0, piece.getLength()));
    }

    /** A piece that could not be had; as the original it counts among those reported, too. */
    void pieceFailed(TrafficType from, boolean seed) {
        pieces.labels(from.name(), STANDARD, type(seed)).inc();
        pieceFailures.labels(from.name(), STANDARD, type(seed)).inc();
    }

    void scheduled(Duration took) {
        scheduleMillis.observe((double) took.toMillis());
    }

    void downloaded(long contentLength, Duration cost) {
        downloadMillis
                .labels(Integer.toString(sizeLevel(contentLength)))
                .observe((double) cost.toMillis());
    }

    private static String type(boolean seed) {
        return seed ? "super" : "normal";
    }

    private static String name(Priority priority) {
        return priority == Priority.UNRECOGNIZED ? "UNKNOWN" : priority.name();
    }

    /** The label of a content's size: 0 unknown or empty, 1 below 1 MiB, … 20 from 1 TiB. */
    static int sizeLevel(long bytes) {
        if (bytes <= 0) {
            return 0;
        }
        int level = 1;
        for (long limit : LEVELS_MIB) {
            if (bytes < limit * MIB) {
                return level;
            }
            level++;
        }
        return level;
    }
}
