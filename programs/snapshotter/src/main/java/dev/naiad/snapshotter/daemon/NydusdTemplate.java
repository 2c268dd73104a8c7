package dev.naiad.snapshotter.daemon;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Path;
import java.util.List;

/**
 * The operator's nydusd configuration, from which that of each image is made: registry host,
 * repository, credentials, mirrors and the cache directory are filled in, all else is passed on.
 * Only the fields that the original knows survive, in its order, so that the result is the same
 * byte for byte; the few newer ones appear only if the template has them. Immutable.
 */
public final class NydusdTemplate {
    private static final GoShape MIRROR =
            GoShape.builder()
                    .text("host")
                    .textMap("headers")
                    .number("health_check_interval", "failure_limit")
                    .text("ping_url")
                    .build();

    private static final GoShape PROXY =
            GoShape.builder()
                    .text("url")
                    .alwaysTruth("fallback")
                    .text("ping_url")
                    .number("check_interval")
                    .truth("use_http")
                    .build();

    private static final GoShape BACKEND =
            GoShape.builder()
                    .text("blob_file", "dir")
                    .alwaysTruth("readahead")
                    .number("readahead_sec")
                    .text(
                            "host",
                            "repo",
                            "auth",
                            "registry_token",
                            "blob_url_scheme",
                            "blob_redirected_host")
                    .objects("mirrors", MIRROR)
                    .text(
                            "endpoint",
                            "access_key_id",
                            "access_key_secret",
                            "bucket_name",
                            "object_prefix",
                            "region",
                            "scheme")
                    .truth("skip_verify")
                    .textList("ca_cert_files")
                    .object("proxy", PROXY)
                    .number("timeout", "connect_timeout", "retry_limit")
                    .build();

    private static final GoShape CACHE =
            GoShape.builder()
                    .alwaysText("type")
                    .truth("compressed")
                    .object(
                            "config",
                            GoShape.builder()
                                    .alwaysText("work_dir")
                                    .alwaysTruth("disable_indexed_map")
                                    .build())
                    .build();

    private static final GoShape DEVICE =
            GoShape.builder()
                    .text("id")
                    .object(
                            "backend",
                            GoShape.builder().alwaysText("type").object("config", BACKEND).build())
                    .object("cache", CACHE)
                    .build();

    private static final GoShape PREFETCH =
            GoShape.builder()
                    .alwaysTruth("enable", "prefetch_all")
                    .alwaysNumber("threads_count", "merging_size", "bandwidth_rate")
                    .truth("stream_prefetch")
                    .build();

    private static final GoShape ROOT =
            GoShape.builder()
                    .object("device", DEVICE)
                    .alwaysText("mode")
                    .alwaysTruth("digest_validate")
                    .truth("iostats_files", "enable_xattr", "access_pattern", "latest_read_files")
                    .number("amplify_io")
                    .object("fs_prefetch", PREFETCH)
                    .number("warmup")
                    .build();

    private final ConfigNode root;

    private NydusdTemplate(ConfigNode root) {
        this.root = root;
    }

    /**
     * Reads the file.
     *
     * @throws NaiadException if the file cannot be read, is not JSON or lacks {@code device}
     */
    public static NydusdTemplate read(Path file) {
        return of(JsonReader.read(file));
    }

    static NydusdTemplate of(ConfigNode node) {
        var problems = new Problems();
        if (!node.get("device").isObject()) {
            problems.add(node.get("device"), "is required");
        }
        ROOT.of(node, problems);
        problems.throwIfAny();
        return new NydusdTemplate(node);
    }

    /** What an image needs beyond the template. An empty text leaves the template's value. */
    public record Completion(
            String host,
            String repository,
            String auth,
            String registryToken,
            List<MirrorEndpoint> mirrors) {
        public static final Completion NONE = new Completion("", "", "", "", List.of());

        public Completion {
            mirrors = List.copyOf(mirrors);
        }

        /** Credentials stay out of logs. */
        @Override
        public String toString() {
            return host + "/" + repository;
        }
    }

    /**
     * Whether the images' bytes come from a registry, so that host and repository have to be filled
     * in.
     */
    public boolean needsRegistry() {
        return backendType().equals("registry");
    }

    /** Whether the template allows TLS without a valid certificate. */
    public boolean skipVerify() {
        return root.at("device", "backend", "config", "skip_verify").bool(new Problems(), false);
    }

    private String backendType() {
        return root.at("device", "backend", "type").text();
    }

    /**
     * The configuration of one image, one line of JSON. @throws NaiadException for an unknown back
     * end type
     */
    public String complete(Completion completion, Path cacheDir) {
        ConfigNode device = root.get("device");
        ConfigNode backend = device.get("backend");
        switch (backendType()) {
            case "registry" ->
                    backend = backend.with("config", registry(backend.get("config"), completion));
            case "localfs", "oss", "s3" -> {
                // Nothing of theirs depends on the image.
            }
            default ->
                    throw new NaiadException(
                            ErrorKind.INTERNAL,
                            "unknown backend type "
                                    + backendType()
                                    + " in the nydusd configuration");
        }
        ConfigNode cache = device.get("cache");
        ConfigNode cacheConfig =
                object(cache.get("config")).with("work_dir", ConfigNode.of(cacheDir.toString()));
        device =
                device.with("backend", backend)
                        .with("cache", object(cache).with("config", cacheConfig));
        return shaped(root.with("device", device));
    }

    /** The template itself in the original's shape; what a shared daemon's directory gets. */
    public String plain() {
        return shaped(root);
    }

    private static String shaped(ConfigNode node) {
        return JsonWriter.compact().likeGo().value(ROOT.of(node, new Problems())).toString();
    }

    private static ConfigNode registry(ConfigNode config, Completion completion) {
        ConfigNode filled = object(config);
        filled = set(filled, "host", completion.host());
        filled = set(filled, "repo", completion.repository());
        if (!completion.auth().isEmpty()) {
            filled =
                    filled.without("registry_token").with("auth", ConfigNode.of(completion.auth()));
        }
        if (!completion.registryToken().isEmpty()) {
            filled =
                    filled.without("auth")
                            .with("registry_token", ConfigNode.of(completion.registryToken()));
        }
        if (!completion.mirrors().isEmpty()) {
            filled =
                    filled.with(
                            "mirrors",
                            ConfigNode.list(
                                    completion.mirrors().stream()
                                            .map(MirrorEndpoint::toNode)
                                            .toList()));
        }
        return filled;
    }

    private static ConfigNode set(ConfigNode node, String key, String value) {
        return value.isEmpty() ? node : node.with(key, ConfigNode.of(value));
    }

    private static ConfigNode object(ConfigNode node) {
        return node.isObject() ? node : ConfigNode.object(java.util.Map.of());
    }
}
