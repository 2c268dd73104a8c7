package dev.naiad.snapshotter.config;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.TomlReader;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.log.LogLevel;
import dev.naiad.snapshotter.daemon.RecoverPolicy;
import dev.naiad.snapshotter.snapshots.FsDriver;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that can be configured, checked and complete. The rule of the original holds: what
 * stands in the file with its zero value ({@code 0}, {@code false}, an empty text) counts as not
 * given and takes the default.
 *
 * @param warnings settings that are accepted and have no effect here, one line each
 */
public record SnapshotterConfig(
        Path root,
        Path address,
        int uid,
        int gid,
        String daemonMode,
        boolean cleanupOnClose,
        SystemApi system,
        Metrics metrics,
        Daemon daemon,
        Log log,
        Remote remote,
        Snapshot snapshot,
        Path cacheDir,
        List<String> warnings) {
    public static final String DEFAULT_ROOT = "/var/lib/containerd-nydus";
    public static final String DEFAULT_ADDRESS = "/run/containerd-nydus/containerd-nydus-grpc.sock";
    public static final String DEFAULT_SYSTEM_ADDRESS = "/run/containerd-nydus/system.sock";
    public static final String DEFAULT_NYDUSD_CONFIG = "/etc/nydus/nydusd-config.json";

    /** Longer roots leave no room for the daemons' sockets in a socket address. */
    private static final int MAX_ROOT_BYTES = 70;

    private static final int MAX_THREADS = 1024;
    private static final Duration DEFAULT_HUNG_IO = Duration.ofSeconds(10);

    /**
     * What Prometheus scrapes.
     *
     * @param address empty for no server
     * @param hungIo the age from which a request in nydusd counts as hung
     */
    public record Metrics(String address, Duration hungIo) {}

    /** The control socket. */
    public record SystemApi(boolean enabled, Path address, int uid, int gid) {}

    /**
     * The daemons.
     *
     * @param nydusd empty if the program was neither named nor found
     */
    public record Daemon(
            Optional<Path> nydusd,
            Path nydusdConfig,
            RecoverPolicy recoverPolicy,
            FsDriver fsDriver,
            int threads,
            int logRotationSizeMb) {}

    /**
     * Our own log.
     *
     * @param level as written; nydusd gets it too
     */
    public record Log(
            boolean toStdout,
            String level,
            Path dir,
            int rotationMaxSizeMb,
            int rotationMaxBackups,
            boolean compress) {}

    /** How registries are reached and who we are there. */
    public record Remote(
            Optional<Path> mirrorsDir,
            boolean criKeychain,
            Path imageServiceAddress,
            long renewalSeconds) {}

    /** How snapshots are mounted and removed. */
    public record Snapshot(
            boolean nydusOverlayfs,
            boolean kataVolume,
            boolean syncRemove,
            boolean overlayfsVolatile) {}

    public SnapshotterConfig {
        warnings = List.copyOf(warnings);
    }

    public boolean shared() {
        return daemonMode.equals("shared");
    }

    /**
     * Reads the file that {@code --config} names, applies the flags, fills in defaults and checks.
     *
     * @throws NaiadException INVALID_ARGUMENT in the original's words
     */
    public static SnapshotterConfig load(CommandLine line, Map<String, String> env) {
        Optional<String> file = SnapshotterFlags.given(line, "config");
        ConfigNode root = ConfigNode.object(Map.of());
        if (file.isPresent()) {
            try {
                root = TomlReader.read(Path.of(file.get()));
            } catch (NaiadException e) {
                throw new NaiadException(
                        e.kind(),
                        "failed to load snapshotter configuration file: " + e.getMessage(),
                        e);
            }
            long version =
                    root.get("version").integer(new Problems(), 0, Long.MIN_VALUE, Long.MAX_VALUE);
            if (version != 1) {
                throw invalid("unsupported configuration version " + version);
            }
        }
        var problems = new Problems();
        SnapshotterConfig config = new Parser(root, line, env, problems).parse();
        problems.throwIfAny();
        return config;
    }

    private static NaiadException invalid(String what) {
        return new NaiadException(ErrorKind.INVALID_ARGUMENT, what);
    }

    private static NaiadException rejected(String what) {
        return invalid("failed to validate configurations: " + what);
    }

    private record Parser(
            ConfigNode root, CommandLine line, Map<String, String> env, Problems problems) {
        SnapshotterConfig parse() {
            Path rootDir = Path.of(text("root", "root", DEFAULT_ROOT));
            if (rootDir.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length
                    > MAX_ROOT_BYTES) {
                throw rejected(
                        "root directory \""
                                + rootDir
                                + "\" is longer than "
                                + MAX_ROOT_BYTES
                                + " bytes");
            }
            Daemon daemon = daemon();
            Log log = log(rootDir);
            Remote remote = remote();
            String mode = text("daemon_mode", "daemon-mode", "multiple");
            switch (mode) {
                case "multiple", "dedicated", "shared", "none" -> {
                    // Known.
                }
                default ->
                        throw invalid(
                                "failed to process configurations: invalid daemon mode \""
                                        + mode
                                        + "\"");
            }
            ConfigNode system = root.get("system");
            ConfigNode snapshot = root.get("snapshot");
            return new SnapshotterConfig(
                    rootDir,
                    Path.of(text("address", "address", DEFAULT_ADDRESS)),
                    number(root.get("uid"), 0),
                    number(root.get("gid"), 0),
                    mode,
                    root.get("cleanup_on_close").bool(problems, false),
                    new SystemApi(
                            system.get("enable").bool(problems, false),
                            Path.of(or(system.get("address"), DEFAULT_SYSTEM_ADDRESS)),
                            number(system.get("uid"), 0),
                            number(system.get("gid"), 0)),
                    metrics(),
                    daemon,
                    log,
                    remote,
                    new Snapshot(
                            snapshot.get("enable_nydus_overlayfs").bool(problems, false)
                                    || mode.equals("none"),
                            snapshot.get("enable_kata_volume").bool(problems, false),
                            snapshot.get("sync_remove").bool(problems, false),
                            snapshot.get("enable_overlayfs_volatile").bool(problems, false)),
                    Path.of(
                            or(
                                    root.at("cache_manager", "cache_dir"),
                                    rootDir.resolve("cache").toString())),
                    warnings());
        }

        private Daemon daemon() {
            ConfigNode node = root.get("daemon");
            String driver =
                    SnapshotterFlags.given(line, "fs-driver")
                            .orElse(or(node.get("fs_driver"), "fusedev"));
            FsDriver fsDriver =
                    FsDriver.of(driver)
                            .orElseThrow(
                                    () -> rejected("invalid filesystem driver \"" + driver + "\""));
            String policy = or(node.get("recover_policy"), "restart");
            RecoverPolicy recover =
                    RecoverPolicy.of(policy)
                            .orElseThrow(
                                    () -> rejected("invalid recover policy \"" + policy + "\""));
            int threads = number(node.get("threads_number"), 0);
            if (threads > MAX_THREADS) {
                throw rejected(
                        "nydusd worker thread number "
                                + threads
                                + " is too big, max "
                                + MAX_THREADS);
            }
            switch (fsDriver) {
                case FSCACHE, BLOCKDEV ->
                        throw rejected(
                                "filesystem driver \""
                                        + driver
                                        + "\" is not served by Naiad; use \"fusedev\"");
                case FUSEDEV, PROXY, NODEV -> {
                    // Served.
                }
            }
            Optional<Path> nydusd =
                    SnapshotterFlags.given(line, "nydusd")
                            .or(
                                    () ->
                                            Optional.of(or(node.get("nydusd_path"), ""))
                                                    .filter(p -> !p.isEmpty()))
                            .map(Path::of)
                            .or(() -> inPath("nydusd"));
            return new Daemon(
                    nydusd,
                    Path.of(
                            SnapshotterFlags.given(line, "nydusd-config")
                                    .orElse(or(node.get("nydusd_config"), DEFAULT_NYDUSD_CONFIG))),
                    recover,
                    fsDriver,
                    threads,
                    number(node.get("log_rotation_size"), 100));
        }

        private Optional<Path> inPath(String program) {
            for (String dir : env.getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
                Path candidate = Path.of(dir.isEmpty() ? "." : dir, program);
                if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
                    return Optional.of(candidate);
                }
            }
            return Optional.empty();
        }

        private Log log(Path rootDir) {
            ConfigNode node = root.get("log");
            String level =
                    SnapshotterFlags.given(line, "log-level").orElse(or(node.get("level"), "info"));
            if (LogLevel.parse(level).isEmpty()) {
                throw invalid(
                        "failed to setup logger: not a valid logrus Level: \"" + level + "\"");
            }
            boolean stdout =
                    line.given("log-to-stdout")
                            ? line.flag("log-to-stdout")
                            : node.get("log_to_stdout").bool(problems, false);
            return new Log(
                    stdout,
                    level,
                    Path.of(or(node.get("dir"), rootDir.resolve("logs").toString())),
                    number(node.get("log_rotation_max_size"), 200),
                    number(node.get("log_rotation_max_backups"), 5),
                    true);
        }

        private Metrics metrics() {
            ConfigNode node = root.get("metrics");
            Duration hung =
                    node.get("hung_io_interval")
                            .duration(problems, DEFAULT_HUNG_IO, Duration.ofNanos(1));
            return new Metrics(
                    or(node.get("address"), ""), hung.isPositive() ? hung : DEFAULT_HUNG_IO);
        }

        private Remote remote() {
            ConfigNode node = root.get("remote");
            ConfigNode auth = node.get("auth");
            boolean cri = auth.get("enable_cri_keychain").bool(problems, false);
            if (cri && auth.get("enable_kubeconfig_keychain").bool(problems, false)) {
                throw rejected(
                        "\"enable_cri_keychain\" and \"enable_kubeconfig_keychain\" can't be set at the same time: invalid argument");
            }
            String mirrors = or(node.at("mirrors_config", "dir"), "");
            if (!mirrors.isEmpty() && !Files.isDirectory(Path.of(mirrors))) {
                throw rejected("mirrors config directory " + mirrors + " does not exist");
            }
            var never = Duration.ZERO;
            return new Remote(
                    mirrors.isEmpty() ? Optional.empty() : Optional.of(Path.of(mirrors)),
                    cri,
                    Path.of(
                            or(
                                    auth.get("image_service_address"),
                                    "/run/containerd/containerd.sock")),
                    auth.get("credential_renewal_interval")
                            .duration(problems, never, Duration.ofSeconds(1))
                            .toSeconds());
        }

        /** Switches that ask for something Naiad's snapshotter does not do. */
        private List<String> warnings() {
            var found = new ArrayList<String>();
            for (String path :
                    List.of(
                            "experimental.enable_stargz",
                            "experimental.enable_referrer_detect",
                            "experimental.enable_index_detect",
                            "experimental.enable_backend_source",
                            "experimental.tarfs.enable_tarfs",
                            "remote.auth.enable_kubeconfig_keychain",
                            "remote.auth.enable_kubelet_credential_providers",
                            "cgroup.enable")) {
                if (at(path).bool(problems, false)) {
                    found.add(path + " = true has no effect: not supported by Naiad's snapshotter");
                }
            }
            if (root.at("image", "validate_signature").bool(problems, false)) {
                throw rejected("image.validate_signature is not supported by Naiad's snapshotter");
            }
            return found;
        }

        private ConfigNode at(String path) {
            ConfigNode node = root;
            for (String key : path.split("\\.", -1)) {
                node = node.get(key);
            }
            return node;
        }

        private String text(String key, String flag, String fallback) {
            return SnapshotterFlags.given(line, flag).orElse(or(root.get(key), fallback));
        }

        private String or(ConfigNode node, String fallback) {
            String text = node.string(problems, "");
            return text.isEmpty() ? fallback : text;
        }

        private int number(ConfigNode node, int fallback) {
            int value = node.int32(problems, 0, 0, Integer.MAX_VALUE);
            return value == 0 ? fallback : value;
        }
    }
}
