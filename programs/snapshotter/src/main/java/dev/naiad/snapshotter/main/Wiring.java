package dev.naiad.snapshotter.main;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.grpc.GrpcServer;
import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.oci.auth.DockerConfig;
import dev.naiad.snapshotter.config.SnapshotterConfig;
import dev.naiad.snapshotter.credential.CredentialRenewalTimer;
import dev.naiad.snapshotter.credential.CredentialSources;
import dev.naiad.snapshotter.credential.CriImageProxy;
import dev.naiad.snapshotter.credential.PulledCredentials;
import dev.naiad.snapshotter.daemon.DaemonConfigs;
import dev.naiad.snapshotter.daemon.DaemonIds;
import dev.naiad.snapshotter.daemon.DaemonSettings;
import dev.naiad.snapshotter.daemon.Daemons;
import dev.naiad.snapshotter.daemon.MirrorDirectory;
import dev.naiad.snapshotter.daemon.NydusdTemplate;
import dev.naiad.snapshotter.daemon.PrefetchLists;
import dev.naiad.snapshotter.daemon.SystemMountTable;
import dev.naiad.snapshotter.snapshots.BlobCacheFiles;
import dev.naiad.snapshotter.snapshots.FsDriver;
import dev.naiad.snapshotter.snapshots.Layout;
import dev.naiad.snapshotter.snapshots.RafsMounts;
import dev.naiad.snapshotter.snapshots.SnapshotsService;
import dev.naiad.snapshotter.snapshots.Snapshotter;
import dev.naiad.snapshotter.store.DaemonStore;
import dev.naiad.snapshotter.store.SnapshotStore;
import dev.naiad.snapshotter.system.SnapshotterMetrics;
import dev.naiad.snapshotter.system.SystemApi;
import io.grpc.BindableService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds the snapshotter in the order of dependency; the gRPC socket opens last, before anything is
 * healed.
 */
final class Wiring {
    private static final Duration LOCK_WAIT = Duration.ofSeconds(4);
    private static final long WORKER_STACK_BYTES = 4 << 20;
    private static final Duration START_DEADLINE = Duration.ofSeconds(60);

    private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);

    private Wiring() {}

    static void start(Lifecycle life, SnapshotterConfig config, ProgramContext context)
            throws Exception {
        Path root = config.root().toRealPath();
        var layout = new Layout(root);
        DaemonStore daemonStore = life.own(DaemonStore.open(layout.nydusDb(), LOCK_WAIT));
        SnapshotStore snapshots =
                life.own(SnapshotStore.open(layout.metadataDb(), LOCK_WAIT, context.clock()));
        directory(layout.snapshots(), "rwx------");
        directory(config.cacheDir(), "rwxr-xr-x");

        var pulled = new PulledCredentials();
        var prefetch = new PrefetchLists();
        var daemons = new AtomicReference<Supplier<List<Daemons.Report>>>(List::of);
        var metrics =
                new SnapshotterMetrics(
                        () -> daemons.get().get(),
                        config.cacheDir(),
                        config.metrics().hungIo(),
                        context.clock());
        RafsMounts rafs = RafsMounts.none(config.daemon().fsDriver());
        if (config.daemon().fsDriver() == FsDriver.FUSEDEV) {
            Daemons plane =
                    daemons(config, context, layout, daemonStore, pulled, prefetch, metrics);
            daemons.set(plane::reports);
            life.start(plane);
            rafs = plane;
            long renewal = config.remote().renewalSeconds();
            if (renewal > 0) {
                life.start(
                        new CredentialRenewalTimer(
                                Duration.ofSeconds(renewal), plane::renewCredentials));
            }
        }
        var snapshotter =
                new Snapshotter(
                        layout,
                        new Snapshotter.Settings(
                                config.daemon().fsDriver(),
                                config.snapshot().syncRemove(),
                                config.snapshot().nydusOverlayfs(),
                                config.snapshot().kataVolume(),
                                config.snapshot().overlayfsVolatile()),
                        snapshots,
                        rafs,
                        new BlobCacheFiles(config.cacheDir()));
        startControl(life, config, daemons, prefetch, metrics);

        ExecutorService workers =
                Executors.newCachedThreadPool(
                        Thread.ofPlatform()
                                .daemon()
                                // Trees of directories are walked by recursion.
                                .stackSize(WORKER_STACK_BYTES)
                                .name("snapshot-", 0)
                                .factory());
        life.onClose(() -> stop(workers));
        workers.execute(snapshotter::deleteLeftovers);
        EventLoops loops = life.own(new EventLoops("snapshotter", 1));
        var services = new ArrayList<BindableService>();
        services.add(new SnapshotsService(snapshotter, workers, metrics::took));
        if (config.remote().criKeychain()) {
            GrpcChannel images =
                    life.own(
                            GrpcChannel.open(
                                    Endpoint.unix(config.remote().imageServiceAddress()), loops));
            services.add(new CriImageProxy(images.channel(), pulled));
        }
        socketDirectory(config.address());
        life.start(
                new GrpcServer(
                        "snapshotter",
                        Endpoint.unix(config.address()),
                        loops,
                        GrpcServer.Options.DEFAULT.withDirect(),
                        services));
        own(config.address(), config.uid(), config.gid());
    }

    private static Daemons daemons(
            SnapshotterConfig config,
            ProgramContext context,
            Layout layout,
            DaemonStore store,
            PulledCredentials pulled,
            PrefetchLists prefetch,
            SnapshotterMetrics metrics) {
        Path file = config.daemon().nydusdConfig();
        NydusdTemplate template;
        try {
            template = NydusdTemplate.read(file);
        } catch (NaiadException e) {
            String why =
                    Files.exists(file)
                            ? e.getMessage()
                            : "open " + file + ": no such file or directory";
            throw new NaiadException(
                    e.kind(),
                    "failed to initialize snapshotter: load daemon configuration: read FUSE configuration file "
                            + file
                            + ": "
                            + why,
                    e);
        }
        var settings =
                new DaemonSettings(
                        config.shared(),
                        config.daemon().nydusd().orElse(Path.of("nydusd")),
                        config.log().dir(),
                        config.log().level(),
                        config.daemon().logRotationSizeMb(),
                        config.log().toStdout(),
                        config.daemon().threads(),
                        config.daemon().recoverPolicy(),
                        config.cleanupOnClose(),
                        START_DEADLINE);
        var credentials =
                new CredentialSources(pulled, DockerConfig.fromEnvironment(context.env()));
        var configs =
                new DaemonConfigs(
                        template,
                        credentials,
                        new MirrorDirectory(config.remote().mirrorsDir()),
                        config.cacheDir());
        return new Daemons(
                layout,
                settings,
                store,
                configs,
                new SystemMountTable(),
                new DaemonIds(context.clock(), new SecureRandom()),
                prefetch,
                metrics::event);
    }

    private static void startControl(
            Lifecycle life,
            SnapshotterConfig config,
            AtomicReference<Supplier<List<Daemons.Report>>> daemons,
            PrefetchLists prefetch,
            SnapshotterMetrics metrics)
            throws Exception {
        if (config.system().enabled()) {
            Path address = config.system().address();
            socketDirectory(address);
            life.start(
                    new HttpServer(
                            "system-api",
                            Endpoint.unix(address),
                            HttpServerConfig.defaults(),
                            new SystemApi(() -> daemons.get().get(), prefetch)));
            own(address, config.system().uid(), config.system().gid());
        }
        if (!config.metrics().address().isEmpty()) {
            HttpServer metricsServer =
                    life.start(
                            new HttpServer(
                                    "metrics",
                                    tcp(config.metrics().address()),
                                    HttpServerConfig.defaults(),
                                    exchange -> {
                                        if (exchange.path().equals("/v1/metrics")) {
                                            exchange.reply(
                                                    200,
                                                    Headers.of(
                                                            "Content-Type",
                                                            MetricRegistry.CONTENT_TYPE),
                                                    metrics.text()
                                                            .getBytes(StandardCharsets.UTF_8));
                                        } else {
                                            exchange.reply(
                                                    404,
                                                    "text/plain; charset=utf-8",
                                                    "404 page not found\n");
                                        }
                                    }));
            LOG.info("Start metrics HTTP server on {}", metricsServer.endpoint());
        }
    }

    /** {@code :9110} means every address, as in Go. */
    private static Endpoint tcp(String address) {
        int colon = address.lastIndexOf(':');
        if (colon < 0) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "metrics address \"" + address + "\" has no port");
        }
        String host = address.substring(0, colon);
        try {
            return Endpoint.tcp(
                    host.isEmpty() ? "0.0.0.0" : host,
                    Integer.parseInt(address.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "metrics address \"" + address + "\": port is not a number",
                    e);
        }
    }

    /** Calls that run get a moment; nothing they do needs it, a kill is harmless too. */
    private static void stop(ExecutorService workers) throws InterruptedException {
        workers.shutdown();
        workers.awaitTermination(5, TimeUnit.SECONDS);
    }

    /** Images and credentials lie below: nobody else may look into a root that is made here. */
    static void makeRoot(SnapshotterConfig config) throws IOException {
        directory(config.root(), "rwx------");
    }

    private static void directory(Path dir, String mode) throws IOException {
        if (!Files.isDirectory(dir)) {
            Files.createDirectories(
                    dir,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString(mode));
        }
    }

    private static void socketDirectory(Path socket) throws IOException {
        Path parent = socket.toAbsolutePath().getParent();
        if (parent != null && !Files.isDirectory(parent)) {
            directory(parent, "rwx------");
        }
    }

    private static void own(Path socket, int uid, int gid) throws IOException {
        if (uid != 0 || gid != 0) {
            Files.setAttribute(socket, "unix:uid", uid);
            Files.setAttribute(socket, "unix:gid", gid);
        }
    }
}
