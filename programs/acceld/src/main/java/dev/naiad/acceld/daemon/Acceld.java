package dev.naiad.acceld.daemon;

import dev.naiad.acceld.api.AcceldApiHandler;
import dev.naiad.acceld.api.HttpMetrics;
import dev.naiad.acceld.api.WebhookAuth;
import dev.naiad.acceld.task.MeasuredConversion;
import dev.naiad.acceld.task.TaskLog;
import dev.naiad.acceld.task.Tasks;
import dev.naiad.acceleration.config.AcceldConfig;
import dev.naiad.acceleration.engine.Engine;
import dev.naiad.acceleration.layer.LayerStore;
import dev.naiad.acceleration.state.WorkDirectory;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.config.Secret;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogFormats;
import dev.naiad.base.log.LogLevel;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.convert.conversion.ConverterVersion;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** acceld: converts images when a registry says that they were pushed. */
public final class Acceld {
    /** The log line that says it can be asked; tests wait for it. */
    public static final String SERVING = "acceld listens on";

    private static final Logger LOG = LoggerFactory.getLogger(Acceld.class);

    private static final Duration HTTP_STOP = Duration.ofSeconds(10);
    // Together with the above less than what ProgramLauncher waits.
    private static final Duration DRAIN = Duration.ofSeconds(40);
    private static final Duration COLLECTION = Duration.ofHours(1);
    private static final int AFTER_TASK_PERCENT = 80;
    private static final int HOURLY_PERCENT = 40;

    private Acceld() {}

    /** Runs it; the result is the exit code. */
    public static int run(ProgramContext context, List<String> args) throws Exception {
        return spec().run(context, args, line -> run(context, line));
    }

    private static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.URFAVE,
                        "acceld",
                        "Converts images to Nydus images when a registry says that they were pushed")
                .version(version())
                .option(Option.value("config", "value", "Path of the configuration file").require())
                .build();
    }

    private static String version() {
        return "acceld version " + ConverterVersion.TEXT + ", revision naiad";
    }

    private static int run(ProgramContext context, CommandLine line) throws Exception {
        Log.configure(LogLevel.INFO, LogFormats.LOGRUS, context.err()::print, context.clock());
        try {
            context.stop().watch();
            LOG.info("{}", version());
            return serve(context, AcceldConfig.read(Path.of(line.get("config"))));
        } catch (NaiadException e) {
            LOG.error("{}", NaiadException.chain(e));
            return ExitCode.FAILURE;
        } finally {
            context.err().flush();
        }
    }

    private static int serve(ProgramContext context, AcceldConfig config) throws Exception {
        config.unknown().forEach(LOG::warn);
        try (var life = new Lifecycle("acceld")) {
            WorkDirectory directory =
                    life.own(
                            WorkDirectory.take(config.workDir())
                                    .orElseThrow(
                                            () ->
                                                    new NaiadException(
                                                            ErrorKind.FAILED_PRECONDITION,
                                                            "work_dir "
                                                                    + config.workDir()
                                                                    + " is in use by another acceld")));
            LayerStore store =
                    LayerStore.open(
                            directory.path().resolve("content"),
                            config.gcThreshold(),
                            context.clock());
            var metrics = new MetricRegistry();
            var conversion =
                    new MeasuredConversion(
                            Engine.open(config, context.env(), context.clock(), Optional.of(store)),
                            metrics,
                            context.ticker());
            var tasks =
                    new Tasks(
                            TaskLog.open(directory.path()),
                            conversion,
                            config.workers(),
                            context.clock(),
                            () -> UUID.randomUUID().toString(),
                            DRAIN);
            tasks.afterEach(() -> store.shrinkToPercent(AFTER_TASK_PERCENT));
            life.start(tasks);
            var server =
                    new HttpServer(
                            "acceld",
                            endpoint(config.server()),
                            HttpServerConfig.defaults()
                                    .withStopTimeout(HTTP_STOP)
                                    .withSocketMode("rw-rw----"),
                            new AcceldApiHandler(
                                    tasks,
                                    auth(config),
                                    store::isReadable,
                                    config.metrics() ? Optional.of(metrics) : Optional.empty(),
                                    new HttpMetrics(metrics, config.server().name()),
                                    context.ticker()));
            life.start(server);
            LOG.info("{} {}", SERVING, server.endpoint());
            while (!context.stop().await(COLLECTION)) {
                store.shrinkToPercent(HOURLY_PERCENT);
            }
            LOG.info("stopping: running conversions have {} to finish", DRAIN);
            return ExitCode.OK;
        }
    }

    private static Endpoint endpoint(AcceldConfig.Server server) {
        return server.uds().isEmpty()
                ? Endpoint.tcp(server.host(), server.port())
                : Endpoint.unix(Path.of(server.uds()));
    }

    private static WebhookAuth auth(AcceldConfig config) {
        Map<String, Secret> headers = new HashMap<>();
        config.sources().forEach((host, source) -> headers.put(host, source.webhookHeader()));
        return new WebhookAuth(headers);
    }
}
