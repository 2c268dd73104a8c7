package dev.naiad.snapshotter.daemon;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.TomlReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Mirrors from a directory in containerd's layout: {@code <host>_<port>_/hosts.toml}, {@code
 * <host>:<port>/hosts.toml} or {@code _default/hosts.toml}, the first that exists. Read anew for
 * each image, so that edits need no restart.
 */
public final class MirrorDirectory {
    private final Optional<Path> directory;

    public MirrorDirectory(Optional<Path> directory) {
        this.directory = directory;
    }

    /** The mirrors of a registry in the file's order. */
    public List<MirrorEndpoint> mirrorsOf(String registryHost) {
        return directory
                .flatMap(base -> hostsFile(base, registryHost))
                .map(MirrorDirectory::parse)
                .orElse(List.of());
    }

    private static Optional<Path> hostsFile(Path base, String host) {
        for (String name : List.of(portForm(host), host, "_default")) {
            Path candidate = base.resolve(name);
            if (Files.isDirectory(candidate)) {
                return Optional.of(candidate.resolve("hosts.toml")).filter(Files::exists);
            }
        }
        return Optional.empty();
    }

    private static String portForm(String host) {
        int colon = host.lastIndexOf(':');
        return colon < 0 ? host : host.substring(0, colon) + "_" + host.substring(colon + 1) + "_";
    }

    private static List<MirrorEndpoint> parse(Path file) {
        var problems = new Problems();
        var mirrors = new ArrayList<MirrorEndpoint>();
        for (Map.Entry<String, ConfigNode> host :
                TomlReader.read(file).get("host").entries().entrySet()) {
            ConfigNode node = host.getValue();
            mirrors.add(
                    new MirrorEndpoint(
                            host.getKey(),
                            headers(node.get("header"), problems),
                            node.get("health_check_interval")
                                    .integer(problems, 0, 0, Integer.MAX_VALUE),
                            node.get("failure_limit").integer(problems, 0, 0, 255),
                            node.get("ping_url").string(problems, "")));
        }
        problems.throwIfAny();
        return mirrors;
    }

    /** A header's value is a text or a list of texts. */
    private static Map<String, String> headers(ConfigNode node, Problems problems) {
        var headers = new LinkedHashMap<String, String>();
        node.entries()
                .forEach(
                        (name, value) ->
                                headers.put(
                                        name,
                                        value.isList()
                                                ? String.join(",", value.strings(problems))
                                                : value.string(problems, "")));
        return headers;
    }
}
