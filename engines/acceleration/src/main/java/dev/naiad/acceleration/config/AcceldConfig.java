package dev.naiad.acceleration.config;

import dev.naiad.base.bytes.ByteSize;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.Secret;
import dev.naiad.base.config.YamlReader;
import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.image.Platform;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * acceld's configuration.
 *
 * @param sources registries by host, with port if it is not the usual one
 * @param gcThreshold how much disk the converted layers may take
 * @param cacheSize records in a remote cache
 * @param workers conversions at a time
 * @param platforms empty for all
 * @param estargz makes the images if present; then {@code driver} has little to say
 * @param unknown what was said about keys that nobody knows
 */
public record AcceldConfig(
        Server server,
        boolean metrics,
        Map<String, Source> sources,
        Path workDir,
        ByteSize gcThreshold,
        int cacheSize,
        String cacheVersion,
        int workers,
        List<Platform> platforms,
        DriverConfig driver,
        Optional<EstargzDriver> estargz,
        TargetRules rules,
        List<String> unknown) {
    /** The original promises this default in its comments and has 0. */
    static final int DEFAULT_CACHE_SIZE = 200;

    private static final int MAX_WORKERS = 1024;

    public AcceldConfig {
        sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
        platforms = List.copyOf(platforms);
        unknown = List.copyOf(unknown);
    }

    /**
     * Where it listens.
     *
     * @param uds a socket's path; wins over host and port unless empty
     */
    public record Server(String name, String uds, String host, int port) {}

    /**
     * A registry.
     *
     * @param insecure any certificate will do
     * @param webhookHeader what requests for its images must carry as {@code Authorization}; empty
     *     for nothing
     */
    public record Source(
            Optional<Credential.Basic> credential, boolean insecure, Secret webhookHeader) {}

    /**
     * Reads a configuration file.
     *
     * @throws NaiadException with everything that is wrong
     */
    public static AcceldConfig read(Path file) {
        var problems = new Problems();
        AcceldConfig config = parse(YamlReader.read(file), problems);
        problems.throwIfAny();
        return config;
    }

    /** Reads the file's content; everything wrong is collected. */
    public static AcceldConfig parse(ConfigNode root, Problems problems) {
        var in = new Scalars(problems);
        in.known(root, "server", "metric", "provider", "converter");
        ConfigNode provider = root.get("provider");
        in.known(provider, "source", "work_dir", "gcpolicy", "cache_size", "cache_version");
        ConfigNode converter = root.get("converter");
        in.known(converter, "worker", "harbor_annotation", "platforms", "driver", "rules");
        in.known(root.get("metric"), "enabled");
        String workDir = in.text(provider.get("work_dir"), "");
        if (workDir.isEmpty()) {
            problems.add(provider.get("work_dir"), "is required");
        }
        var estargz = EstargzDriver.parse(converter.get("driver"), in);
        int cacheSize =
                (int)
                        in.number(
                                provider.get("cache_size"),
                                DEFAULT_CACHE_SIZE,
                                0,
                                DEFAULT_CACHE_SIZE);
        return new AcceldConfig(
                server(root.get("server"), in),
                in.flag(root.at("metric", "enabled")),
                sources(provider.get("source"), in),
                Path.of(workDir),
                threshold(provider.get("gcpolicy"), in),
                cacheSize == 0 ? DEFAULT_CACHE_SIZE : cacheSize,
                in.text(provider.get("cache_version"), ""),
                workers(converter.get("worker"), in),
                platforms(converter.get("platforms"), in),
                estargz.map(each -> DriverConfig.ofOther(each.dockerToOci()))
                        .orElseGet(() -> DriverConfig.parse(converter.get("driver"), in)),
                estargz,
                TargetRules.parse(converter.get("rules"), in),
                in.unknown());
    }

    private static Server server(ConfigNode node, Scalars in) {
        in.known(node, "name", "uds", "host", "port");
        String uds = in.text(node.get("uds"), "");
        if (uds.isEmpty() && in.text(node.get("port"), "").isEmpty()) {
            in.problems().add(node.get("port"), "is required where there is no uds");
        }
        return new Server(
                in.text(node.get("name"), "API"),
                uds,
                in.text(node.get("host"), "0.0.0.0"),
                (int) in.number(node.get("port"), 0, 0, 65535));
    }

    private static Map<String, Source> sources(ConfigNode node, Scalars in) {
        var result = new LinkedHashMap<String, Source>();
        if (node.isPresent() && !node.isObject()) {
            in.problems().add(node, "is not an object with registries' hosts as keys");
        }
        node.entries()
                .forEach(
                        (host, entry) -> {
                            in.known(entry, "auth", "insecure", "webhook");
                            in.known(entry.get("webhook"), "auth_header");
                            result.put(
                                    host,
                                    new Source(
                                            credential(entry.get("auth"), in),
                                            in.flag(entry.get("insecure")),
                                            Secret.of(
                                                    in.text(
                                                            entry.at("webhook", "auth_header"),
                                                            ""))));
                        });
        return result;
    }

    private static Optional<Credential.Basic> credential(ConfigNode node, Scalars in) {
        String text = in.text(node, "");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Credential.ofEncoded(Secret.of(text)));
        } catch (NaiadException e) {
            in.problems().add(node, "is not the base64 of user:password");
            return Optional.empty();
        }
    }

    private static ByteSize threshold(ConfigNode node, Scalars in) {
        in.known(node, "threshold");
        ConfigNode value = node.get("threshold");
        String text = in.text(value, "");
        try {
            if (!text.isEmpty()) {
                return ByteSize.parse(text);
            }
            in.problems().add(value, "is required, such as 1000MB");
        } catch (NaiadException e) {
            in.problems().add(value, e.what());
        }
        return ByteSize.of(0);
    }

    private static int workers(ConfigNode node, Scalars in) {
        if (in.text(node, "").isEmpty()) {
            in.problems().add(node, "is required: how many images are converted at a time");
            return 1;
        }
        return (int) in.number(node, 1, 1, MAX_WORKERS);
    }

    private static List<Platform> platforms(ConfigNode node, Scalars in) {
        var result = new ArrayList<Platform>();
        for (String each : in.text(node, "").split(",", -1)) {
            if (each.isBlank()) {
                continue;
            }
            try {
                result.add(Platform.parse(each));
            } catch (NaiadException e) {
                in.problems().add(node, e.what());
            }
        }
        return result;
    }
}
