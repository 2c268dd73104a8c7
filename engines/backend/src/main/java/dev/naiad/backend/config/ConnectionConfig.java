package dev.naiad.backend.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What all remote backends have in common.
 *
 * @param timeout for each wait on a connection; zero for none
 * @param connectTimeout zero for none
 * @param retryLimit further attempts after the first
 */
public record ConnectionConfig(
        BackendProxyConfig proxy,
        List<MirrorConfig> mirrors,
        boolean skipVerify,
        Duration timeout,
        Duration connectTimeout,
        int retryLimit,
        List<Path> caCertFiles) {
    public static final ConnectionConfig DEFAULT =
            new ConnectionConfig(
                    BackendProxyConfig.NONE,
                    List.of(),
                    false,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    0,
                    List.of());

    public ConnectionConfig {
        mirrors = List.copyOf(mirrors);
        caCertFiles = List.copyOf(caCertFiles);
    }

    public ConnectionConfig withSkipVerify(boolean skip) {
        return new ConnectionConfig(
                proxy, mirrors, skip, timeout, connectTimeout, retryLimit, caCertFiles);
    }

    public ConnectionConfig withTimeouts(Duration connect, Duration read) {
        return new ConnectionConfig(
                proxy, mirrors, skipVerify, read, connect, retryLimit, caCertFiles);
    }

    public ConnectionConfig withCaCertFiles(List<Path> files) {
        return new ConnectionConfig(
                proxy, mirrors, skipVerify, timeout, connectTimeout, retryLimit, files);
    }

    /** Reads the common keys of a backend's section. */
    public static ConnectionConfig parse(ConfigNode node, Problems problems) {
        var mirrors = new ArrayList<MirrorConfig>();
        ConfigNode list = node.get("mirrors");
        if (list.isPresent() && !list.isList()) {
            problems.add(list, "is not a list");
        }
        for (ConfigNode mirror : list.items()) {
            mirrors.add(MirrorConfig.parse(mirror, problems));
        }
        return new ConnectionConfig(
                BackendProxyConfig.parse(node.get("proxy"), problems),
                mirrors,
                node.get("skip_verify").bool(problems, false),
                Seconds.parse(node.get("timeout"), problems, 5),
                Seconds.parse(node.get("connect_timeout"), problems, 5),
                node.get("retry_limit").int32(problems, 0, 0, 255),
                node.get("ca_cert_files").strings(problems).stream().map(Path::of).toList());
    }

    /**
     * The text that nydusd logs behind {@code backend config: }: exactly the fields, in the order,
     * of the line that guides grep for. Newer fields are in {@link #describeMore}.
     */
    public String describe() {
        var text = new StringBuilder("ConnectionConfig { proxy: ").append(proxy.describe());
        text.append(", mirrors: [");
        String separator = "";
        for (MirrorConfig mirror : mirrors) {
            text.append(separator).append(mirror.describe());
            separator = ", ";
        }
        text.append("], skip_verify: ").append(skipVerify);
        text.append(", timeout: ").append(timeout.toSeconds());
        text.append(", connect_timeout: ").append(connectTimeout.toSeconds());
        text.append(", retry_limit: ").append(retryLimit);
        return text.append(" }").toString();
    }

    /** What the line of {@link #describe} has no room for; for a second line. */
    public String describeMore() {
        var text = new StringBuilder("ConnectionConfig { ca_cert_files: [");
        String separator = "";
        for (Path file : caCertFiles) {
            text.append(separator).append('"').append(file).append('"');
            separator = ", ";
        }
        return text.append("], proxy: { ").append(proxy.describeMore()).append(" } }").toString();
    }
}
