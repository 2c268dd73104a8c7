package dev.naiad.e2e.demo;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.e2e.lab.AccessLog;
import dev.naiad.e2e.lab.Dfdaemon;
import dev.naiad.e2e.lab.Node;
import dev.naiad.e2e.lab.Registry;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Reads the counters of all components before and after a run. */
final class Meter {
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(700);
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private final Registry registry;
    private final Dfdaemon seed;
    private final List<Node> nodes;

    Meter(Registry registry, Dfdaemon seed, List<Node> nodes) {
        this.registry = registry;
        this.seed = seed;
        this.nodes = List.copyOf(nodes);
    }

    /** One peer's counters. */
    record PeerCount(long fromOrigin, long fromPeers, long fromStore, long uploaded) {
        static PeerCount of(Dfdaemon peer) {
            var counters = peer.counters();
            var name = "dragonfly_client_download_traffic";
            return new PeerCount(
                    counters.sum(name, "type=\"BACK_TO_SOURCE\""),
                    counters.sum(name, "type=\"REMOTE_PEER\""),
                    counters.sum(name, "type=\"LOCAL_PEER\""),
                    counters.sum("dragonfly_client_upload_traffic", ""));
        }

        PeerCount minus(PeerCount before) {
            return new PeerCount(
                    fromOrigin - before.fromOrigin,
                    fromPeers - before.fromPeers,
                    fromStore - before.fromStore,
                    uploaded - before.uploaded);
        }
    }

    /**
     * What nydusd counted since it started; each run has a new one.
     *
     * @param backendBytes fetched through the mirror
     * @param backendReads requests for them
     * @param containerBytes given to the container
     */
    record NydusdCount(long backendBytes, long backendReads, long containerBytes) {}

    /** All counters at one moment; a node's place in the list is its place in the lab. */
    record Reading(int logMark, PeerCount seed, List<PeerCount> peers) {}

    /** All counters now. */
    Reading read() {
        return new Reading(
                registry.accessLog().mark(),
                PeerCount.of(seed),
                nodes.stream().map(node -> PeerCount.of(node.peer())).toList());
    }

    /**
     * Waits until traffic has stopped for a moment: background work belongs to the run that started
     * it.
     */
    Reading settle() {
        long limit = System.nanoTime() + LIMIT_NANOS;
        var last = read();
        long since = System.nanoTime();
        while (System.nanoTime() < limit && System.nanoTime() - since < QUIET_NANOS) {
            LockSupport.parkNanos(STEP_NANOS);
            var now = read();
            if (!now.equals(last)) {
                last = now;
                since = System.nanoTime();
            }
        }
        return last;
    }

    /** What the registry sent since a mark. */
    List<AccessLog.Entry> sentSince(int mark) {
        return registry.accessLog().since(mark);
    }

    /** The sum over a node's nydusd processes. */
    NydusdCount nydusd(Node node) {
        long bytes = 0;
        long reads = 0;
        for (String text : node.nydusds().api("/api/v1/metrics/backend")) {
            var metrics = json(text);
            bytes += number(metrics, "read_amount_total");
            reads += number(metrics, "read_count");
        }
        long container = 0;
        for (String text : node.nydusds().api("/api/v1/metrics")) {
            container += number(json(text), "data_read");
        }
        return new NydusdCount(bytes, reads, container);
    }

    private static ConfigNode json(String text) {
        return JsonReader.parse("nydusd", text);
    }

    private static long number(ConfigNode node, String key) {
        var text = node.get(key).text();
        return text.isEmpty() ? 0 : (long) Double.parseDouble(text);
    }
}
