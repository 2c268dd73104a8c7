package dev.naiad.e2e.lab;

import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What differs between nodes.
 *
 * @param mirror nydusd reads through the peer, as the guide says; else straight from the registry
 * @param prefetch nydusd and the peer fetch ahead, as in the guide
 * @param snapshotter the program; empty for ours
 * @param registry {@code http://ip:port} that the mirror passes on
 * @param containerdEnv variables of containerd
 * @param nydusdConfig a last change to nydusd's configuration
 */
public record NodeOptions(
        boolean mirror,
        boolean prefetch,
        String snapshotter,
        String registry,
        Map<String, String> containerdEnv,
        UnaryOperator<String> nydusdConfig) {
    /** The guide's settings, without prefetch. */
    public static NodeOptions guide(String registry) {
        return new NodeOptions(true, false, "", registry, Map.of(), UnaryOperator.identity());
    }

    /**
     * nydusd waits a minute instead of the guide's ten seconds: where bytes are counted, it must
     * not bypass its peer just because the machine is slow.
     */
    public NodeOptions patient() {
        return withNydusdConfig(
                config ->
                        config.replace("\"timeout\": 10", "\"timeout\": 60")
                                .replace("\"connect_timeout\": 10", "\"connect_timeout\": 60"));
    }

    /** With prefetch or without. */
    public NodeOptions withPrefetch(boolean on) {
        return new NodeOptions(mirror, on, snapshotter, registry, containerdEnv, nydusdConfig);
    }

    /** nydusd reads straight from the registry; there is no peer. */
    public NodeOptions withoutPeer() {
        return new NodeOptions(false, prefetch, snapshotter, registry, containerdEnv, nydusdConfig);
    }

    /** Another snapshotter. */
    public NodeOptions withSnapshotter(String program) {
        return new NodeOptions(mirror, prefetch, program, registry, containerdEnv, nydusdConfig);
    }

    /** A variable of containerd. */
    public NodeOptions withContainerdEnv(String key, String value) {
        return new NodeOptions(
                mirror, prefetch, snapshotter, registry, Map.of(key, value), nydusdConfig);
    }

    /** A change to nydusd's configuration text. */
    public NodeOptions withNydusdConfig(UnaryOperator<String> change) {
        return new NodeOptions(mirror, prefetch, snapshotter, registry, containerdEnv, change);
    }
}
