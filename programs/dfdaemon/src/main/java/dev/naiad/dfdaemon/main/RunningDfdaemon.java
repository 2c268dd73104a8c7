package dev.naiad.dfdaemon.main;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.dfdaemon.config.DfdaemonConfig;
import dev.naiad.dfdaemon.config.Listen;
import dev.naiad.dfdaemon.grpc.CallHeaders;
import dev.naiad.dfdaemon.grpc.CallerRights;
import dev.naiad.dfdaemon.grpc.DownloadService;
import dev.naiad.dfdaemon.grpc.LocalTasks;
import dev.naiad.dfdaemon.grpc.UploadService;
import dev.naiad.dfdaemon.host.Addresses;
import dev.naiad.dfdaemon.host.HostFacts;
import dev.naiad.dfdaemon.metrics.DfdaemonMetrics;
import dev.naiad.dfdaemon.piece.HttpOrigin;
import dev.naiad.dfdaemon.piece.PieceTransfers;
import dev.naiad.dfdaemon.piece.RateLimiter;
import dev.naiad.dfdaemon.piece.TransferBuffers;
import dev.naiad.dfdaemon.piece.VortexClient;
import dev.naiad.dfdaemon.piece.VortexConnections;
import dev.naiad.dfdaemon.proxy.ProxyHandler;
import dev.naiad.dfdaemon.scheduler.HeldAnnouncer;
import dev.naiad.dfdaemon.scheduler.HostIdentity;
import dev.naiad.dfdaemon.scheduler.Schedulers;
import dev.naiad.dfdaemon.storage.PieceStore;
import dev.naiad.dfdaemon.storage.StoreEviction;
import dev.naiad.dfdaemon.task.ChildPieces;
import dev.naiad.dfdaemon.task.ParentLinks;
import dev.naiad.dfdaemon.task.TaskEngine;
import dev.naiad.dfdaemon.task.TaskFeeds;
import dev.naiad.dfdaemon.task.TaskPrefetcher;
import dev.naiad.dfdaemon.task.TaskSettings;
import dev.naiad.dfdaemon.vortex.UploadSlots;
import dev.naiad.dfdaemon.vortex.VortexServer;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.grpc.ConnectionLimits;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcServer;
import dev.naiad.net.server.HttpHandler;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.tls.TlsOptions;
import dev.naiad.net.wire.Endpoint;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running dfdaemon: all parts in the order in which they need each other. Closing it stops them
 * in reverse; the host leaves its schedulers first of all.
 */
public final class RunningDfdaemon implements AutoCloseable {
    static final String VERSION = "0.1.0";
    private static final Logger LOG = LoggerFactory.getLogger(RunningDfdaemon.class);
    private static final Duration LINGER = Duration.ofSeconds(5);
    private static final int READ_AHEAD = 4;

    /** Of a request from the network: the longest are the piece numbers of a task. */
    private static final int MAX_MESSAGE = 512 << 10;

    /** A request with the numbers of all pieces of the largest task stays below this. */
    private static final ConnectionLimits LIMITS =
            ConnectionLimits.DEFAULT.withMessageBytes(2 << 20).withCalls(1024);

    private static final Set<String> ENDLESS =
            Set.of("dfdaemon.v2.DfdaemonUpload/SyncPieces", "dfdaemon.v2.DfdaemonUpload/SyncHost");

    private final Lifecycle life = new Lifecycle("dfdaemon");
    private final DfdaemonConfig config;
    private final ProgramContext context;
    private final Path dynconfig;
    private final HealthStatusManager health = new HealthStatusManager();
    private final HostIdentity identity;

    private final Listening listening;

    private int proxyPort;
    private int uploadPort;
    private int metricsPort;
    private int healthPort;

    private RunningDfdaemon(DfdaemonConfig config, Path dynconfig, ProgramContext context) {
        this.config = config;
        this.context = context;
        this.dynconfig = dynconfig;
        this.listening = new Listening(life, context.stop(), Listening.PATIENCE);
        this.identity =
                new HostIdentity(
                        config.host().ip().orElseGet(Addresses::ip),
                        config.host().hostname().orElseGet(Addresses::hostname),
                        config.seedPeer().enable());
    }

    /** Starts everything, or nothing: what was started is closed again if a part fails. */
    public static RunningDfdaemon start(
            DfdaemonConfig config, Path dynconfig, ProgramContext context) throws Exception {
        var daemon = new RunningDfdaemon(config, dynconfig, context);
        boolean up = false;
        try {
            daemon.startParts();
            up = true;
            return daemon;
        } finally {
            if (!up) {
                daemon.close();
            }
        }
    }

    private void startParts() throws Exception {
        var clock = context.clock();
        var metrics = new DfdaemonMetrics(VERSION, "unknown", config.storage().dir());
        PieceStore store =
                life.own(PieceStore.open(config.storage().dir(), config.storage().keep(), clock));
        EventLoops loops = life.own(new EventLoops("dfdaemon", 2));
        HttpClient client = life.own(new HttpClient("dfdaemon-origin", clientConfig()));
        HostFacts facts = facts();
        var held = new HeldAnnouncer(store, identity);
        var schedulers =
                new Schedulers(
                        facts,
                        identity.hostId(),
                        held,
                        config.scheduler().announceInterval(),
                        loops,
                        context.ticker());
        held.announceThrough(schedulers::announceHeld);
        var eviction =
                new StoreEviction(store, config.gc().policy(), clock, schedulers::deleteTask);
        var upkeep = new Upkeep(eviction, schedulers, dynconfig, config);
        var uploads = new UploadSlots(context.ticker()::nanos);
        var feeds = new TaskFeeds();
        uploads.onChange(feeds::changed);
        ParentLinks links = life.own(new ParentLinks(identity.hostId(), loops));
        TaskEngine engine =
                life.start(
                        new TaskEngine(
                                store,
                                settings(),
                                identity,
                                transfers(client, metrics),
                                schedulers,
                                links,
                                new CountedTaskEvents(metrics, upkeep),
                                feeds,
                                clock,
                                context.ticker(),
                                () -> ThreadLocalRandom.current().nextLong()));
        TaskPrefetcher prefetcher = life.own(new TaskPrefetcher(engine, metrics));
        var children = new ChildPieces(engine, metrics, uploads);
        VortexServer pieces =
                listening.start(
                        "storage.server.tcpPort",
                        config.storage().server().port(),
                        new VortexServer(
                                new InetSocketAddress(
                                        config.storage().server().ip(),
                                        config.storage().server().port()),
                                children,
                                limiter(config.upload().bandwidth()),
                                uploads));
        startUpload(
                loops,
                new UploadService(
                        engine,
                        children,
                        new LocalTasks(store, schedulers),
                        held,
                        facts,
                        pieces::port,
                        metrics),
                pieces.localAddress());
        startHttp(engine, prefetcher, client, metrics);
        facts.listening(new HostFacts.Ports(uploadPort, proxyPort));
        life.start(schedulers);
        life.start(upkeep);
        startDownload(
                loops,
                new DownloadService(
                        engine,
                        new LocalTasks(store, schedulers),
                        schedulers,
                        prefetcher,
                        metrics));
        if (config.download().quic()) {
            LOG.warn("download.protocol: quic is not supported yet, pieces are fetched over tcp");
        }
        LOG.info(
                "dfdaemon {} serves as {}: proxy {}, gRPC {}, pieces {}, {}",
                VERSION,
                identity.hostId(),
                proxyPort,
                uploadPort,
                pieces.port(),
                config.download().socketPath());
    }

    private HostFacts facts() {
        return new HostFacts(
                new HostFacts.Fixed(
                        identity.hostId(),
                        identity.seed(),
                        identity.hostname(),
                        identity.ip(),
                        config.host().idc(),
                        config.host().location(),
                        config.host().schedulerClusterId(),
                        config.upload().disableShared(),
                        config.upload().bandwidth(),
                        config.storage().dir(),
                        VERSION,
                        context.env()),
                context.ticker()::nanos);
    }

    private TaskSettings settings() {
        return new TaskSettings(
                config.download().concurrentPieces(),
                config.download().sourceShortcut(),
                config.proxy().rangedReadFromSource(),
                config.download().sourceGrace(),
                LINGER,
                config.scheduler().maxScheduleCount(),
                READ_AHEAD);
    }

    private PieceTransfers transfers(HttpClient client, DfdaemonMetrics metrics) {
        var buffers = new TransferBuffers();
        return new PieceTransfers(
                new VortexClient(
                        context.clock(),
                        buffers,
                        life.own(new VortexConnections(context.ticker()::nanos))),
                new HttpOrigin(
                        client,
                        config.backend().requestHeader(),
                        config.backend().maxRetries(),
                        context.clock(),
                        buffers,
                        metrics::backendRequest),
                limiter(config.download().bandwidth()),
                limiter(config.download().backToSourceBandwidth()),
                limiter(config.proxy().prefetchBandwidth()));
    }

    private RateLimiter limiter(long perSecond) {
        return new RateLimiter(perSecond, context.ticker()::nanos);
    }

    private HttpClientConfig clientConfig() {
        TlsOptions tls = TlsOptions.DEFAULT.withSkipVerify(config.backend().insecureSkipVerify());
        Optional<String> ca = config.proxy().registryCert().filter(text -> !text.isEmpty());
        if (ca.isPresent()) {
            tls = tls.withCaFiles(List.of(Path.of(ca.get())));
        }
        return HttpClientConfig.defaults().withUserAgent("dragonfly/" + VERSION).withTls(tls);
    }

    private void startUpload(EventLoops loops, UploadService service, InetSocketAddress pieces)
            throws Exception {
        // compat: children of the original whose download.protocol is quic ask this port for
        // pieces, over Vortex, when they are told of no port for QUIC.
        var options =
                GrpcServer.Options.DEFAULT
                        .withLimits(LIMITS)
                        .withInterceptors(List.of(new CallHeaders()))
                        .withMaxMessageBytes(MAX_MESSAGE)
                        .withEndless(ENDLESS)
                        .withOthers(pieces);
        GrpcServer server =
                listening.start(
                        "upload.server.port",
                        config.upload().server().port(),
                        new GrpcServer(
                                "dfdaemon-upload",
                                endpoint(config.upload().server()),
                                loops,
                                options,
                                List.of(
                                        service.streaming(),
                                        health.getHealthService(),
                                        ProtoReflectionServiceV1.newInstance())));
        uploadPort = server.port();
        health.setStatus("dfdaemon.v2.DfdaemonUpload", ServingStatus.SERVING);
    }

    private void startDownload(EventLoops loops, DownloadService service) throws Exception {
        // compat: everybody on the machine may use the tools, as with the original, but
        // each with its own rights to files.
        var options =
                GrpcServer.Options.DEFAULT
                        .withLimits(LIMITS)
                        .withSocketMode("rwxrwxrwx")
                        .withInterceptors(List.of(new CallerRights()));
        life.start(
                new GrpcServer(
                        "dfdaemon-download",
                        Endpoint.unix(config.download().socketPath()),
                        loops,
                        options,
                        List.of(
                                service.streaming(),
                                health.getHealthService(),
                                ProtoReflectionServiceV1.newInstance())));
        health.setStatus("dfdaemon.v2.DfdaemonDownload", ServingStatus.SERVING);
    }

    private void startHttp(
            TaskEngine engine,
            TaskPrefetcher prefetcher,
            HttpClient client,
            DfdaemonMetrics metrics)
            throws Exception {
        var proxy =
                new ProxyHandler(
                        config.proxy(),
                        engine,
                        prefetcher,
                        client,
                        limiter(config.proxy().requestRateLimit()),
                        metrics);
        HttpServer proxyServer =
                listening.start(
                        "proxy.server.port",
                        config.proxy().server().port(),
                        new HttpServer(
                                "dfdaemon-proxy",
                                endpoint(config.proxy().server()),
                                HttpServerConfig.defaults().withMaxHeadBytes(16 << 10),
                                proxy));
        proxyPort = proxyServer.port();
        metricsPort =
                admin(
                        "dfdaemon-metrics",
                        config.metrics(),
                        exchange -> {
                            if (exchange.path().equals("/metrics")
                                    && exchange.method().equals("GET")) {
                                exchange.reply(200, MetricRegistry.CONTENT_TYPE, metrics.text());
                            } else {
                                exchange.reply(404);
                            }
                        });
        healthPort =
                admin(
                        "dfdaemon-health",
                        config.health(),
                        exchange -> exchange.reply(exchange.path().equals("/healthy") ? 200 : 404));
    }

    private int admin(String name, Listen listen, HttpHandler handler) throws Exception {
        return listening
                .start(
                        name,
                        listen.port(),
                        new HttpServer(
                                name, endpoint(listen), HttpServerConfig.defaults(), handler))
                .port();
    }

    private static Endpoint endpoint(Listen listen) {
        return Endpoint.tcp(listen.ip(), listen.port());
    }

    public HostIdentity identity() {
        return identity;
    }

    public int proxyPort() {
        return proxyPort;
    }

    public int uploadPort() {
        return uploadPort;
    }

    public int metricsPort() {
        return metricsPort;
    }

    public int healthPort() {
        return healthPort;
    }

    @Override
    public void close() {
        life.close();
    }
}
