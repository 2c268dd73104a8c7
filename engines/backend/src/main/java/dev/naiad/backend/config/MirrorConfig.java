package dev.naiad.backend.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A server that is asked before the origin.
 *
 * @param host scheme, host and port that replace the origin's
 * @param pingUrl asked while the mirror is switched off; empty means {@code host/v2}
 * @param headers added to requests through this mirror
 * @param failureLimit connection errors after which it is switched off
 * @param authThrough read and not used: requests for tokens never go through a mirror
 */
public record MirrorConfig(
        String host,
        String pingUrl,
        Map<String, String> headers,
        Duration healthCheckInterval,
        int failureLimit,
        Duration healthCheckPauseElapsed,
        boolean authThrough) {

    public MirrorConfig {
        headers = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    }

    /** A mirror with defaults. */
    public static MirrorConfig of(String host, Map<String, String> headers) {
        return new MirrorConfig(
                host, "", headers, Duration.ofSeconds(5), 5, Duration.ofSeconds(300), false);
    }

    static MirrorConfig parse(ConfigNode node, Problems problems) {
        String host = node.get("host").requiredString(problems);
        if (!host.isEmpty() && !host.startsWith("http://") && !host.startsWith("https://")) {
            problems.add(
                    node.get("host"), "\"" + host + "\" does not begin with http:// or https://");
        }
        return new MirrorConfig(
                host,
                node.get("ping_url").string(problems, ""),
                node.get("headers").stringMap(problems),
                Seconds.parse(node.get("health_check_interval"), problems, 5),
                node.get("failure_limit").int32(problems, 5, 0, 255),
                Seconds.parse(node.get("health_check_pause_elapsed"), problems, 300),
                node.get("auth_through").bool(problems, false));
    }

    /** Form of the original's log line. */
    String describe() {
        var text = new StringBuilder("MirrorConfig { host: \"");
        text.append(host).append("\", ping_url: \"").append(pingUrl).append("\", headers: {");
        String separator = "";
        for (var header : headers.entrySet()) {
            text.append(separator).append('"').append(header.getKey()).append("\": \"");
            boolean secret =
                    header.getKey().toLowerCase(java.util.Locale.ROOT).contains("authorization");
            text.append(secret ? "[redacted]" : header.getValue()).append('"');
            separator = ", ";
        }
        return text.append("}, health_check_interval: ")
                .append(healthCheckInterval.toSeconds())
                .append(", failure_limit: ")
                .append(failureLimit)
                .append(" }")
                .toString();
    }
}
