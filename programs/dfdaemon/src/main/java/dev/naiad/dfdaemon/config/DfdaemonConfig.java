package dev.naiad.dfdaemon.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.dfdaemon.storage.StoreEviction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * dfdaemon.yaml, every section with the original's defaults. Unknown keys are ignored, because the
 * files in the field hold keys of many versions; {@link KnownKeys} names them for a warning.
 */
public record DfdaemonConfig(
        Host host,
        Download download,
        Upload upload,
        Optional<String> manager,
        Scheduler scheduler,
        SeedPeer seedPeer,
        Duration dynconfigRefresh,
        Storage storage,
        Backend backend,
        Gc gc,
        ProxyConfig proxy,
        Listen health,
        Listen metrics,
        List<String> unknownKeys) {
    public DfdaemonConfig {
        unknownKeys = List.copyOf(unknownKeys);
    }

    /** Section {@code host}. */
    public record Host(
            Optional<String> idc,
            Optional<String> location,
            Optional<String> hostname,
            Optional<String> ip,
            long schedulerClusterId) {}

    /**
     * Section {@code download}.
     *
     * @param sourceShortcut ours: contents up to this length go to the origin without a scheduler
     * @param sourceGrace ours: how long a silent swarm keeps a waiting reader from the origin
     * @param quic whether {@code protocol} asks for QUIC, which is not there
     */
    public record Download(
            Path socketPath,
            long bandwidth,
            long backToSourceBandwidth,
            Duration pieceTimeout,
            int concurrentPieces,
            long sourceShortcut,
            Duration sourceGrace,
            boolean quic) {}

    /** Section {@code upload}. */
    public record Upload(Listen server, boolean disableShared, long bandwidth) {}

    /** Section {@code scheduler}. */
    public record Scheduler(Duration announceInterval, int maxScheduleCount) {}

    /** Section {@code seedPeer}. */
    public record SeedPeer(boolean enable) {}

    /** Section {@code storage}. */
    public record Storage(Listen server, Path dir, boolean keep) {}

    /**
     * Section {@code backend}.
     *
     * @param insecureSkipVerify ours: takes origins' certificates as they are
     */
    public record Backend(
            Map<String, String> requestHeader, int maxRetries, boolean insecureSkipVerify) {
        public Backend {
            requestHeader = Map.copyOf(requestHeader);
        }
    }

    /** Section {@code gc}. */
    public record Gc(Duration interval, StoreEviction.Policy policy) {}

    /**
     * Reads the file.
     *
     * @throws dev.naiad.base.error.NaiadException if it is missing, or with everything wrong in it
     */
    public static DfdaemonConfig read(Path file) {
        var problems = new Problems();
        DfdaemonConfig config = parse(YamlReader.read(file), problems);
        problems.throwIfAny();
        return config;
    }

    /** All defaults. */
    public static DfdaemonConfig defaults() {
        return parse(ConfigNode.object(Map.of()), new Problems());
    }

    public static DfdaemonConfig parse(ConfigNode root, Problems problems) {
        var config =
                new DfdaemonConfig(
                        host(root.get("host"), problems),
                        download(root.get("download"), problems),
                        upload(root.get("upload"), problems),
                        root.at("manager", "addr")
                                .optionalString(problems)
                                .filter(text -> !text.isEmpty()),
                        scheduler(root.get("scheduler"), problems),
                        new SeedPeer(root.at("seedPeer", "enable").bool(problems, false)),
                        Values.duration(
                                root.at("dynconfig", "refreshInterval"),
                                problems,
                                Duration.ofMinutes(1)),
                        storage(root.get("storage"), problems),
                        backend(root.get("backend"), problems),
                        gc(root.get("gc"), problems),
                        ProxyConfig.parse(root.get("proxy"), problems),
                        Values.listen(root.at("health", "server"), "port", 4003, problems),
                        Values.listen(root.at("metrics", "server"), "port", 4002, problems),
                        KnownKeys.unknown(root));
        refuseTls(root, problems, "upload", "server");
        refuseTls(root, problems, "upload", "client");
        refuseTls(root, problems, "scheduler");
        return config;
    }

    /** What asks for safety must not be silently left out. */
    private static void refuseTls(ConfigNode root, Problems problems, String... section) {
        ConfigNode node = root.at(section);
        if (node.has("caCert") && node.has("cert") && node.has("key")) {
            problems.add(node, "TLS between peers and schedulers is not supported yet");
        }
    }

    private static Host host(ConfigNode node, Problems problems) {
        return new Host(
                node.get("idc").optionalString(problems),
                node.get("location").optionalString(problems),
                node.get("hostname").optionalString(problems).filter(text -> !text.isEmpty()),
                Values.ip(node.get("ip"), problems),
                node.get("schedulerClusterID").integer(problems, 0, 0, Long.MAX_VALUE));
    }

    private static Download download(ConfigNode node, Problems problems) {
        boolean quic =
                node.get("protocol").choice(problems, Map.of("tcp", false, "quic", true), false);
        return new Download(
                Path.of(
                        node.at("server", "socketPath")
                                .string(problems, "/var/run/dragonfly/dfdaemon.sock")),
                Values.rate(node.get("bandwidthLimit"), problems, 50_000_000_000L),
                Values.rate(node.get("backToSourceBandwidthLimit"), problems, 50_000_000_000L),
                Values.duration(node.get("pieceTimeout"), problems, Duration.ofMinutes(6)),
                node.get("concurrentPieceCount").int32(problems, 8, 1, 1024),
                Values.size(node.get("sourceShortcut"), problems, 4L << 20),
                Values.duration(node.get("sourceGrace"), problems, Duration.ofSeconds(3)),
                quic);
    }

    private static Upload upload(ConfigNode node, Problems problems) {
        return new Upload(
                Values.listen(node.get("server"), "port", 4000, problems),
                node.get("disableShared").bool(problems, false),
                Values.rate(node.get("bandwidthLimit"), problems, 50_000_000_000L));
    }

    private static Scheduler scheduler(ConfigNode node, Problems problems) {
        Duration interval =
                Values.duration(node.get("announceInterval"), problems, Duration.ofMinutes(5));
        if (interval.isZero()) {
            problems.add(node.get("announceInterval"), "0 would announce without end");
        }
        return new Scheduler(interval, node.get("maxScheduleCount").int32(problems, 5, 1, 1000));
    }

    private static Storage storage(ConfigNode node, Problems problems) {
        return new Storage(
                Values.listen(node.get("server"), "tcpPort", 4005, problems),
                Path.of(node.get("dir").string(problems, "/var/lib/dragonfly/")),
                node.get("keep").bool(problems, false));
    }

    private static Backend backend(ConfigNode node, Problems problems) {
        return new Backend(
                node.get("requestHeader").stringMap(problems),
                node.get("maxRetries").int32(problems, 1, 0, 100),
                node.get("insecureSkipVerify").bool(problems, false));
    }

    private static Gc gc(ConfigNode node, Problems problems) {
        ConfigNode policy = node.get("policy");
        int high =
                percent(
                        policy,
                        "diskHighThresholdPercent",
                        "distHighThresholdPercent",
                        80,
                        problems);
        int low =
                percent(policy, "diskLowThresholdPercent", "distLowThresholdPercent", 60, problems);
        if (low > high) {
            problems.add(
                    policy, "diskLowThresholdPercent " + low + " is above the high one, " + high);
        }
        ConfigNode budget =
                policy.has("diskThreshold")
                        ? policy.get("diskThreshold")
                        : policy.get("distThreshold");
        return new Gc(
                Values.duration(node.get("interval"), problems, Duration.ofMinutes(15)),
                new StoreEviction.Policy(
                        Values.duration(policy.get("taskTTL"), problems, Duration.ofDays(30)),
                        Values.size(budget, problems, 0),
                        high,
                        low));
    }

    private static int percent(
            ConfigNode policy, String key, String alias, int fallback, Problems problems) {
        ConfigNode node = policy.has(key) ? policy.get(key) : policy.get(alias);
        return node.int32(problems, fallback, 1, 99);
    }
}
