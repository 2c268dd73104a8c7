package dev.naiad.snapshotter.daemon;

import dev.naiad.base.config.ConfigNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One mirror of a registry as nydusd's configuration lists it; zero and empty mean nydusd's
 * default.
 */
public record MirrorEndpoint(
        String host,
        Map<String, String> headers,
        long healthCheckIntervalSeconds,
        long failureLimit,
        String pingUrl) {
    public MirrorEndpoint {
        headers = Map.copyOf(headers);
    }

    ConfigNode toNode() {
        var values = new LinkedHashMap<String, ConfigNode>();
        headers.forEach((name, value) -> values.put(name, ConfigNode.of(value)));
        var entries = new LinkedHashMap<String, ConfigNode>();
        entries.put("host", ConfigNode.of(host));
        entries.put("headers", ConfigNode.object(values));
        entries.put("health_check_interval", ConfigNode.of(healthCheckIntervalSeconds));
        entries.put("failure_limit", ConfigNode.of(failureLimit));
        entries.put("ping_url", ConfigNode.of(pingUrl));
        return ConfigNode.object(entries);
    }
}
