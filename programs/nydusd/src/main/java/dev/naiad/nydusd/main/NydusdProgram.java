package dev.naiad.nydusd.main;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.factory.Backends;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogFormats;
import dev.naiad.base.log.LogTarget;
import dev.naiad.base.log.RotatingFile;
import dev.naiad.blobcache.BlobCache;
import dev.naiad.blobcache.BlobCacheLimits;
import dev.naiad.fuse.FuseOptions;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.Processes;
import dev.naiad.linux.RawPath;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.nydusd.api.NydusdApiHandler;
import dev.naiad.nydusd.config.NydusdConfig;
import dev.naiad.nydusd.daemon.NydusDaemon;
import dev.naiad.nydusd.daemon.NydusdLogLines;
import dev.naiad.nydusd.daemon.RafsMountSpec;
import dev.naiad.nydusd.rafsfs.RafsFileSystem;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The daemon as a process: parses, wires, serves until it is asked to stop. */
public final class NydusdProgram implements Program {
    private static final Logger LOG = LoggerFactory.getLogger(NydusdProgram.class);

    /** compat: part of each request; registries' logs are searched for it. */
    private static final String USER_AGENT = "nydusd/1.0.0";

    /**
     * Never: the snapshotter holds a connection on which it says nothing, and takes its end for the
     * daemon's.
     */
    private static final Duration NEVER = Duration.ofDays(36_500);

    private static final int MAX_READAHEAD = 1 << 20;
    private static final int ROTATED_LOGS = 10;

    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        var spec = NydusdFlags.spec();
        return spec.run(context, args, line -> start(context, NydusdFlags.of(line)));
    }

    private static int start(ProgramContext context, NydusdFlags flags) throws Exception {
        try {
            return serve(context, flags);
        } catch (NaiadException e) {
            // compat: one line and exit code 1, whatever went wrong.
            context.err().println("Error: " + NaiadException.chain(e));
            LOG.error("{}", NaiadException.chain(e));
            return ExitCode.FAILURE;
        }
    }

    private static int serve(ProgramContext context, NydusdFlags flags) throws Exception {
        try (var life = new Lifecycle("nydusd")) {
            Log.configure(flags.logLevel(), LogFormats.NYDUSD, life.own(logTarget(context, flags)));
            var version = Versions.build();
            LOG.info(
                    NydusdLogLines.VERSION,
                    version.packageVer(),
                    version.gitCommit(),
                    version.buildTime(),
                    version.profile(),
                    version.rustc());
            raiseFileLimit(flags.rlimitNofile());
            // From here on SIGTERM unmounts.
            context.stop().watch();
            var cache =
                    life.own(
                            BlobCache.open(
                                    BlobCacheLimits.DEFAULT, context.clock(), context.ticker()));
            var backends = Backends.of(USER_AGENT, context.env(), context.clock());
            var daemon =
                    life.own(
                            new NydusDaemon(
                                    new NydusDaemon.Identity(
                                            flags.id(),
                                            flags.supervisor().map(Path::toString),
                                            version),
                                    cache,
                                    config -> {
                                        logConnection(config);
                                        return backends.open(config);
                                    },
                                    owner(),
                                    context.clock(),
                                    context.ticker(),
                                    context.stop()));
            mount(context, flags, daemon);
            if (flags.apiSocket().isPresent()) {
                serveApi(life, flags.apiSocket().get(), daemon);
            }
            context.awaitStop();
            LOG.info(NydusdLogLines.QUITS);
        }
        return ExitCode.OK;
    }

    /**
     * The line that guides grep for, once for each backend; what is newer stands in a second line.
     */
    private static void logConnection(BackendConfig config) {
        config.connectionConfig()
                .ifPresent(
                        connection -> {
                            LOG.info(NydusdLogLines.BACKEND_CONFIG, connection.describe());
                            LOG.info("backend options: {}", connection.describeMore());
                        });
    }

    private static void mount(ProgramContext context, NydusdFlags flags, NydusDaemon daemon)
            throws Exception {
        if (isSuccessor(flags)) {
            daemon.awaitTakeover(
                    directory(flags.mountpoint().orElseThrow()),
                    new FuseOptions(flags.threads(), false, MAX_READAHEAD),
                    flags.failover() != NydusdFlags.Failover.NONE);
            return;
        }
        var image = initialMount(context, flags);
        if (image.isPresent()) {
            daemon.mount(image.get());
        }
        if (flags.mountpoint().isEmpty()) {
            daemon.serveNothing();
            return;
        }
        boolean alone = image.isPresent() && image.get().mountpoint().equals("/");
        daemon.serve(
                directory(flags.mountpoint().get()),
                new FuseOptions(flags.threads(), alone, MAX_READAHEAD));
    }

    /**
     * True if the mount is a predecessor's that a supervisor keeps: said by {@code --upgrade}, or
     * (a daemon started again after a crash has the same arguments as at first) to be seen by the
     * mount and by a socket file where nobody listens. Without a supervisor nobody could hand it
     * over: it is a dead mount, and will be replaced.
     */
    private static boolean isSuccessor(NydusdFlags flags) {
        if (flags.supervisor().isEmpty()
                || flags.apiSocket().isEmpty()
                || flags.mountpoint().isEmpty()) {
            return false;
        }
        var socket = flags.apiSocket().get();
        return flags.upgrade()
                || (MountInfo.at(RawPath.of(directory(flags.mountpoint().get())))
                                .filter(mount -> mount.type().equals("fuse"))
                                .isPresent()
                        && Files.exists(socket)
                        && !isListening(socket));
    }

    private static boolean isListening(Path socket) {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The image of the command line; the configuration is not even looked at where there is none.
     */
    private static Optional<RafsMountSpec> initialMount(ProgramContext context, NydusdFlags flags) {
        if (flags.bootstrap().isEmpty()) {
            return Optional.empty();
        }
        NydusdConfig config;
        if (flags.localfsDir().isPresent()) {
            config = NydusdConfig.ofLocalfs(flags.localfsDir().get().toString());
        } else {
            var file =
                    flags.config()
                            .orElseThrow(
                                    () ->
                                            new NaiadException(
                                                    ErrorKind.INVALID_ARGUMENT,
                                                    "both --config and --localfs-dir are missing"));
            config = NydusdConfig.parse(file.toString(), read(file, NydusdConfig.MAX_BYTES));
        }
        var auth = context.variable("IMAGE_PULL_AUTH");
        return Optional.of(
                new RafsMountSpec(
                        flags.virtualMountpoint(),
                        flags.bootstrap().get(),
                        auth.isPresent() ? config.withRegistryAuth(auth.get()) : config,
                        flags.prefetchFiles().map(NydusdProgram::prefetchList)));
    }

    private static List<String> prefetchList(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "the prefetch-files arg is not a file path: " + file);
        }
        return read(file, NydusdConfig.MAX_BYTES)
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith("/"))
                .toList();
    }

    private static String read(Path file, long maxBytes) {
        try {
            if (Files.size(file) > maxBytes) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        file + " is longer than " + maxBytes + " bytes");
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "cannot read " + file, e);
        }
    }

    private static Path directory(Path mountpoint) {
        try {
            // A dead mount answers "not connected" to everything: its place is looked at by parent.
            var absolute = mountpoint.toAbsolutePath().normalize();
            var parent = absolute.getParent();
            var name = absolute.getFileName();
            return parent == null || name == null ? absolute : parent.toRealPath().resolve(name);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "mountpoint " + mountpoint + " does not exist", e);
        }
    }

    private static void serveApi(Lifecycle life, Path socket, NydusDaemon daemon) throws Exception {
        var config =
                HttpServerConfig.defaults()
                        .withMaxConnections(1024)
                        .withMaxBodyBytes(NydusdConfig.MAX_BYTES + (64 << 10))
                        .withTimeouts(Duration.ofSeconds(30), NEVER, Duration.ofSeconds(30))
                        .withStopTimeout(Duration.ofMillis(500));
        var server =
                new HttpServer("api", Endpoint.unix(socket), config, new NydusdApiHandler(daemon));
        var _ = life.start(server);
        LOG.info(NydusdLogLines.API_RUNNING, socket);
        LOG.info("http server started");
    }

    private static LogTarget logTarget(ProgramContext context, NydusdFlags flags)
            throws IOException {
        if (flags.logFile().isEmpty()) {
            return LogTarget.stderr();
        }
        var file = flags.logFile().get();
        var parent = file.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        return new RotatingFile(
                file, flags.logRotationBytes(), ROTATED_LOGS, true, context.clock());
    }

    private static void raiseFileLimit(long wanted) {
        if (wanted == 0) {
            return;
        }
        var now = Processes.limit(Processes.RLIMIT_NOFILE);
        long hard = Math.max(wanted, now.hard());
        if (!setFileLimit(wanted, hard)) {
            // Without the privilege to raise it, what is allowed must do.
            hard = now.hard();
            var _ = setFileLimit(Math.min(wanted, hard), hard);
        }
        LOG.info(NydusdLogLines.RLIMIT, Math.min(wanted, hard), hard);
    }

    private static boolean setFileLimit(long soft, long hard) {
        try {
            Processes.setLimit(Processes.RLIMIT_NOFILE, new Processes.Limit(soft, hard));
            return true;
        } catch (NaiadException e) {
            LOG.debug("limit of open files {}, {}: {}", soft, hard, e.what());
            return false;
        }
    }

    private static RafsFileSystem.Owner owner() {
        try {
            var self = Path.of("/proc/self");
            return new RafsFileSystem.Owner(
                    ((Number) Files.getAttribute(self, "unix:uid")).longValue(),
                    ((Number) Files.getAttribute(self, "unix:gid")).longValue());
        } catch (IOException e) {
            return new RafsFileSystem.Owner(0, 0);
        }
    }
}
