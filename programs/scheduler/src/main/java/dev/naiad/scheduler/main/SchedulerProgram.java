package dev.naiad.scheduler.main;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogFormats;
import dev.naiad.base.log.LogLevel;
import dev.naiad.base.log.LogTarget;
import dev.naiad.base.log.RotatingFile;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.base.metrics.ProcessMetrics;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.grpc.GrpcServer;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.scheduler.gc.Collector;
import dev.naiad.scheduler.resource.Hosts;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.rpc.CallMetrics;
import dev.naiad.scheduler.rpc.CallerAddress;
import dev.naiad.scheduler.rpc.Conversations;
import dev.naiad.scheduler.rpc.EarlyHeaders;
import dev.naiad.scheduler.rpc.Outlets;
import dev.naiad.scheduler.rpc.ParentOffer;
import dev.naiad.scheduler.rpc.PeerRegistrations;
import dev.naiad.scheduler.rpc.RateLimit;
import dev.naiad.scheduler.rpc.SchedulerLogLines;
import dev.naiad.scheduler.rpc.SchedulerMetrics;
import dev.naiad.scheduler.rpc.SchedulerService;
import dev.naiad.scheduler.rpc.SeedStart;
import dev.naiad.scheduler.scheduling.Evaluator;
import dev.naiad.scheduler.scheduling.Scheduling;
import dev.naiad.scheduler.seed.GrpcSeedTrigger;
import dev.naiad.scheduler.seed.Seeds;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code scheduler}: tells the peers of a cluster whom to fetch from. Needs no manager, no Redis
 * and no database.
 */
public final class SchedulerProgram implements Program {
    private static final Logger LOG = LoggerFactory.getLogger(SchedulerProgram.class);
    private static final Path DEFAULT_CONFIG = Path.of("/etc/dragonfly/scheduler.yaml");
    private static final String DEFAULT_DYNCONFIG = "/etc/dragonfly/dynconfig.yaml";
    private static final String VERSION = "0.1.0";
    private static final Duration SEED_CHECK = Duration.ofSeconds(30);
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(5);
    private static final long MIB = 1 << 20;

    /** A registration with headers and certificates, or a few parents echoed, is far smaller. */
    private static final int MAX_MESSAGE_BYTES = 4 << 20;

    /** Seeds are asked often whether they are still there: one that is cut off holds a task up. */
    private static final Duration SEED_KEEP_ALIVE = Duration.ofSeconds(15);

    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        var version = CommandSpec.builder(Style.COBRA, "version", "Show version.").build();
        var spec =
                CommandSpec.builder(
                                Style.COBRA,
                                "scheduler",
                                "The scheduler of Dragonfly: picks parents for peers and asks seeds to fetch from the origin.")
                        .version("scheduler version " + VERSION)
                        .option(
                                Option.value(
                                                "config",
                                                "string",
                                                "The path of the configuration file")
                                        .env("SCHEDULER_CONFIG"))
                        .option(Option.flag("console", "Log to the console instead of files"))
                        .option(
                                Option.value(
                                                "dynconfig",
                                                "string",
                                                "The path of the dynamic configuration file, used without a manager")
                                        .defaultValue(DEFAULT_DYNCONFIG))
                        .command(version)
                        .build();
        return spec.run(context, args, line -> start(context, line));
    }

    private static int start(ProgramContext context, CommandLine line) throws Exception {
        if (line.command().isPresent()) {
            context.out().println("scheduler version " + VERSION);
            return ExitCode.OK;
        }
        try {
            var problems = new Problems();
            var config = SchedulerConfig.parse(read(line.find("config")), problems);
            problems.throwIfAny();
            boolean console = config.console() || line.flag("console");
            return serve(context, config, console, Path.of(line.get("dynconfig")));
        } catch (NaiadException mistake) {
            context.err().println("scheduler: " + mistake.getMessage());
            return ExitCode.of(mistake.kind());
        }
    }

    private static ConfigNode read(Optional<String> named) {
        if (named.isPresent()) {
            return YamlReader.read(Path.of(named.get()));
        }
        return Files.exists(DEFAULT_CONFIG)
                ? YamlReader.read(DEFAULT_CONFIG)
                : YamlReader.parse(DEFAULT_CONFIG.toString(), "");
    }

    @SuppressWarnings("try") // closing may be interrupted: then the process ends anyway
    private static int serve(
            ProgramContext context, SchedulerConfig config, boolean console, Path dynconfigFile)
            throws Exception {
        try (var life = new Lifecycle("scheduler")) {
            configureLog(context, config, console, life);
            var clock = context.clock();
            var cluster = new Dynconfig(dynconfigFile, config.scheduling());
            var hosts = new Hosts();
            var swarms = new Swarms(config.scheduling().backToSourceCount());
            var seeds = new Seeds(hosts, config.scheduling().trustedSeeds());
            var collector = new Collector(hosts, swarms, config.gc().timeouts());
            var metricRegistry = new MetricRegistry();
            SchedulerMetrics.version(metricRegistry, VERSION);
            ProcessMetrics.register(metricRegistry);
            var loops = life.own(new EventLoops("scheduler", 2));
            var trigger =
                    life.own(
                            new GrpcSeedTrigger(
                                    address ->
                                            GrpcChannel.open(
                                                    Endpoint.parse(address),
                                                    loops,
                                                    SEED_KEEP_ALIVE)));
            var jobs = life.own(new Jobs());
            jobs.every(config.refreshInterval(), cluster::refresh);
            jobs.every(config.gc().peerInterval(), () -> collector.collectPeers(clock.instant()));
            jobs.every(config.gc().taskInterval(), collector::collectTasks);
            jobs.every(
                    config.gc().hostInterval(),
                    () -> {
                        if (collector.collectHosts(clock.instant()) > 0) {
                            seeds.refresh();
                        }
                    });
            jobs.every(SEED_CHECK, () -> checkSeeds(seeds, trigger));
            if (config.metrics().isPresent()) {
                life.start(metricsServer(config.metrics().get(), metricRegistry));
            }
            var health = new HealthStatusManager();
            var rate = new RateLimit(config.server().requestRateLimit(), context.ticker());
            var metrics = new SchedulerMetrics(metricRegistry);
            var registrations =
                    new PeerRegistrations(
                            hosts,
                            swarms,
                            new SeedStart(seeds, trigger, clock),
                            () -> cluster.get().priorities(),
                            rate,
                            metrics,
                            clock);
            var outlets = new Outlets();
            var parents =
                    new ParentOffer(
                            new Scheduling(
                                    new Evaluator(), () -> ThreadLocalRandom.current().nextLong()),
                            () -> cluster.get().limits(),
                            metrics,
                            outlets,
                            clock);
            var conversations =
                    new Conversations(
                            hosts, swarms, registrations, parents, metrics, outlets, clock);
            var options =
                    GrpcServer.Options.DEFAULT
                            .withMaxMessageBytes(MAX_MESSAGE_BYTES)
                            .withStopDeadline(STOP_DEADLINE)
                            .withInterceptors(
                                    List.of(
                                            new CallMetrics(metricRegistry),
                                            new CallerAddress(),
                                            new EarlyHeaders(),
                                            rate));
            var server =
                    new GrpcServer(
                            "scheduler",
                            Endpoint.tcp(config.server().listenIp(), config.server().port()),
                            loops,
                            options,
                            List.of(
                                    new SchedulerService(
                                            hosts,
                                            swarms,
                                            seeds,
                                            collector,
                                            conversations,
                                            metrics,
                                            clock),
                                    health.getHealthService(),
                                    ProtoReflectionServiceV1.newInstance()));
            life.start(server);
            life.onClose(() -> health.setStatus("", ServingStatus.NOT_SERVING));
            LOG.info("{} {}", SchedulerLogLines.SERVING, server.endpoint());
            return context.awaitStop();
        }
    }

    private static void checkSeeds(Seeds seeds, GrpcSeedTrigger trigger) {
        for (var seed : seeds.all()) {
            if (trigger.isServing(seed)) {
                seeds.up(seed);
            } else {
                seeds.down(seed);
            }
        }
    }

    private static HttpServer metricsServer(String address, MetricRegistry registry) {
        // Go writes "every interface" as ":8000".
        var endpoint = Endpoint.parse(address.startsWith(":") ? "0.0.0.0" + address : address);
        return new HttpServer(
                "scheduler-metrics",
                endpoint,
                HttpServerConfig.defaults(),
                exchange -> {
                    if (exchange.path().equals("/metrics")) {
                        exchange.reply(200, MetricRegistry.CONTENT_TYPE, registry.text());
                    } else {
                        exchange.reply(404, "text/plain; charset=utf-8", "404 page not found\n");
                    }
                });
    }

    private static void configureLog(
            ProgramContext context, SchedulerConfig config, boolean console, Lifecycle life) {
        var server = config.server();
        var level =
                switch (server.logLevel().toLowerCase(Locale.ROOT)) {
                    case "debug" -> LogLevel.DEBUG;
                    case "warn" -> LogLevel.WARN;
                    case "error" -> LogLevel.ERROR;
                    default -> LogLevel.INFO; // compat: anything else is info
                };
        LogTarget target =
                console
                        ? LogTarget.stdout()
                        : life.own(
                                new RotatingFile(
                                        Path.of(server.logDir(), "scheduler", "core.log"),
                                        server.logMaxSizeMb() * MIB,
                                        server.logMaxBackups(),
                                        false,
                                        context.clock()));
        Log.configure(level, LogFormats.ZAP, target);
    }
}
