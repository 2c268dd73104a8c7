package dev.naiad.scheduler.main;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.scheduler.gc.Collector;
import dev.naiad.scheduler.seed.TrustedSeeds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;

/**
 * {@code scheduler.yaml}. Keys match in any case and unknown ones are ignored, as the original's
 * loader does.
 *
 * @param server where it listens and logs
 * @param scheduling the numbers of a decision
 * @param gc how often to sweep and what is old
 * @param refreshInterval how often the dynamic configuration is read again
 * @param metrics where {@code /metrics} is served, if anywhere
 * @param console log to standard output instead of files
 */
record SchedulerConfig(
        Server server,
        Scheduling scheduling,
        Gc gc,
        Duration refreshInterval,
        Optional<String> metrics,
        boolean console) {

    /** Section {@code server}. */
    record Server(
            String advertiseIp,
            String listenIp,
            int port,
            double requestRateLimit,
            String logDir,
            String logLevel,
            int logMaxSizeMb,
            int logMaxBackups) {}

    /** Section {@code scheduler}. */
    record Scheduling(
            int backToSourceCount,
            int retryBackToSourceLimit,
            int retryLimit,
            Duration retryInterval,
            TrustedSeeds trustedSeeds) {}

    /** Section {@code scheduler.gc}. */
    record Gc(
            Duration pieceDownloadTimeout,
            Duration peerInterval,
            Duration peerTtl,
            Duration taskInterval,
            Duration hostInterval,
            Duration hostTtl) {
        Collector.Timeouts timeouts() {
            return new Collector.Timeouts(pieceDownloadTimeout, peerTtl, hostTtl);
        }
    }

    private static final int MAX_PORT = 65535;
    private static final Duration SECOND = Duration.ofSeconds(1);

    static SchedulerConfig parse(ConfigNode root, Problems problems) {
        var tree = new AnyCase(root);
        if (tree.at("manager", "addr").isPresent()) {
            problems.add(
                    tree.at("manager", "addr"),
                    "a manager is not supported yet: leave the key out and use the dynconfig file");
        }
        if (tree.at("server", "tls").isPresent()) {
            problems.add(
                    tree.at("server", "tls"), "TLS is not supported yet: leave the section out");
        }
        var metrics =
                tree.at("metrics", "enable").bool(problems, false)
                        ? Optional.of(tree.at("metrics", "addr").string(problems, ":8000"))
                        : Optional.<String>empty();
        return new SchedulerConfig(
                server(tree, problems),
                scheduling(tree, problems),
                gc(tree, problems),
                positive(tree.at("dynConfig", "refreshInterval"), problems, Duration.ofMinutes(1)),
                metrics,
                tree.at("console").bool(problems, false));
    }

    private static Server server(AnyCase tree, Problems problems) {
        return new Server(
                tree.at("server", "advertiseIP").string(problems, ""),
                tree.at("server", "listenIP").string(problems, "0.0.0.0"),
                tree.at("server", "port").int32(problems, 8002, 0, MAX_PORT),
                rate(tree.at("server", "requestRateLimit"), problems),
                tree.at("server", "logDir").string(problems, "/var/log/dragonfly"),
                tree.at("server", "logLevel").string(problems, "info"),
                tree.at("server", "logMaxSize").int32(problems, 1024, 1, Integer.MAX_VALUE),
                tree.at("server", "logMaxBackups").int32(problems, 20, 1, Integer.MAX_VALUE));
    }

    private static double rate(ConfigNode node, Problems problems) {
        double rate = node.decimal(problems, 4000);
        if (rate <= 0) {
            problems.add(node, rate + " is not above 0");
            return 1;
        }
        return rate;
    }

    private static Scheduling scheduling(AnyCase tree, Problems problems) {
        return new Scheduling(
                tree.at("scheduler", "backToSourceCount").int32(problems, 200, 1, 1 << 20),
                tree.at("scheduler", "retryBackToSourceLimit").int32(problems, 4, 1, 1 << 20),
                tree.at("scheduler", "retryLimit").int32(problems, 5, 1, 1 << 20),
                positive(tree.at("scheduler", "retryInterval"), problems, Duration.ofMillis(500)),
                trustedSeeds(tree.at("scheduler", "trustedSeeds"), problems));
    }

    private static TrustedSeeds trustedSeeds(ConfigNode node, Problems problems) {
        var ranges = new ArrayList<TrustedSeeds.Range>();
        for (ConfigNode item : node.items()) {
            try {
                ranges.add(TrustedSeeds.Range.parse(item.string(problems, "")));
            } catch (IllegalArgumentException malformed) {
                problems.add(item, item.text() + " is not an IP address or range like 10.0.0.0/24");
            }
        }
        if (node.isPresent() && ranges.isEmpty()) {
            // Fail closed: an empty list must not mean that everyone is trusted.
            problems.add(node, "names no address: leave the key out to trust every seed");
        }
        return new TrustedSeeds(ranges);
    }

    private static Gc gc(AnyCase tree, Problems problems) {
        return new Gc(
                gc(tree, problems, "pieceDownloadTimeout", Duration.ofMinutes(30)),
                gc(tree, problems, "peerGCInterval", Duration.ofSeconds(10)),
                gc(tree, problems, "peerTTL", Duration.ofHours(24)),
                gc(tree, problems, "taskGCInterval", Duration.ofMinutes(30)),
                gc(tree, problems, "hostGCInterval", Duration.ofMinutes(5)),
                gc(tree, problems, "hostTTL", Duration.ofHours(1)));
    }

    private static Duration gc(AnyCase tree, Problems problems, String key, Duration fallback) {
        return positive(tree.at("scheduler", "gc", key), problems, fallback);
    }

    private static Duration positive(ConfigNode node, Problems problems, Duration fallback) {
        var duration = node.duration(problems, fallback, SECOND);
        if (!duration.isPositive()) {
            problems.add(node, node.text() + " is not above 0");
            return fallback;
        }
        return duration;
    }

    /**
     * Looks keys up without regard to case. compat: the Helm chart writes {@code dynconfig} for
     * {@code dynConfig}.
     */
    record AnyCase(ConfigNode node) {
        ConfigNode at(String... keys) {
            var here = node;
            for (String key : keys) {
                here = child(here, key);
            }
            return here;
        }

        private static ConfigNode child(ConfigNode node, String key) {
            return node.entries().entrySet().stream()
                    .filter(entry -> entry.getKey().equalsIgnoreCase(key))
                    .map(java.util.Map.Entry::getValue)
                    .findFirst()
                    .orElseGet(() -> node.get(key));
        }
    }
}
