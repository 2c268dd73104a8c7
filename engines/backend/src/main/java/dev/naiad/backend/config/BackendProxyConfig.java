package dev.naiad.backend.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import java.time.Duration;

/**
 * An HTTP proxy in front of the origin.
 *
 * @param url empty for none
 * @param pingUrl its health address; empty for no checks
 * @param fallback go to the origin when the proxy fails
 * @param useHttp hand https URLs to the proxy as http, so that it can look inside
 * @param checkPauseElapsed checks pause when nothing was requested for that long
 * @param dragonflySchedulerEndpoint accepted and not used: the proxy leads into the same network
 */
public record BackendProxyConfig(
        String url,
        String pingUrl,
        boolean fallback,
        Duration checkInterval,
        boolean useHttp,
        Duration checkPauseElapsed,
        String dragonflySchedulerEndpoint) {
    public static final BackendProxyConfig NONE =
            new BackendProxyConfig(
                    "", "", true, Duration.ofSeconds(5), false, Duration.ofSeconds(300), "");

    public boolean present() {
        return !url.isEmpty();
    }

    static BackendProxyConfig parse(ConfigNode node, Problems problems) {
        return new BackendProxyConfig(
                node.get("url").string(problems, ""),
                node.get("ping_url").string(problems, ""),
                node.get("fallback").bool(problems, true),
                Seconds.parse(node.get("check_interval"), problems, 5),
                node.get("use_http").bool(problems, false),
                Seconds.parse(node.get("check_pause_elapsed"), problems, 300),
                node.get("dragonfly_scheduler_endpoint").string(problems, ""));
    }

    /** Form of the original's log line, without a password in the URL. */
    String describe() {
        return "ProxyConfig { url: \""
                + url.replaceAll("//[^/@]*@", "//")
                + "\", ping_url: \""
                + pingUrl
                + "\", fallback: "
                + fallback
                + ", check_interval: "
                + checkInterval.toSeconds()
                + ", use_http: "
                + useHttp
                + " }";
    }

    /** Fields that are newer than the line that people grep. */
    String describeMore() {
        return "check_pause_elapsed: "
                + checkPauseElapsed.toSeconds()
                + ", dragonfly_scheduler_endpoint: \""
                + dragonflySchedulerEndpoint
                + "\"";
    }
}
