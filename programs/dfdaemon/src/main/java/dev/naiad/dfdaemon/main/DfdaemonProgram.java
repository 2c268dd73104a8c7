package dev.naiad.dfdaemon.main;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogFormats;
import dev.naiad.base.log.LogLevel;
import dev.naiad.base.log.LogTarget;
import dev.naiad.base.log.RotatingFile;
import dev.naiad.dfdaemon.config.DfdaemonConfig;
import dev.naiad.dfdaemon.config.Sizes;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** dfdaemon: flags, log files, then {@link RunningDfdaemon} until it is asked to stop. */
public final class DfdaemonProgram implements Program {
    private static final Logger LOG = LoggerFactory.getLogger(DfdaemonProgram.class);

    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return spec().run(context, args, line -> start(context, line));
    }

    private static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP,
                        "dfdaemon",
                        "The peer of Dragonfly: downloads tasks, shares their pieces, serves as registry mirror")
                .version("dfdaemon " + RunningDfdaemon.VERSION)
                .option(
                        Option.value("config", "CONFIG", "Configuration file")
                                .shortName('c')
                                .env("DFDAEMON_CONFIG")
                                .defaultValue("/etc/dragonfly/dfdaemon.yaml"))
                .option(
                        Option.value(
                                        "dynconfig",
                                        "DYNCONFIG",
                                        "Dynamic configuration file, used without a manager")
                                .env("DFDAEMON_DYNCONFIG")
                                .defaultValue("/etc/dragonfly/dynconfig.yaml"))
                .option(
                        Option.value("log-level", "LOG_LEVEL", "Least level that is logged")
                                .shortName('l')
                                .env("DFDAEMON_LOG_LEVEL")
                                .choices("trace", "debug", "info", "warn", "error")
                                .defaultValue("info"))
                .option(
                        Option.value("log-dir", "LOG_DIR", "Directory of the log files")
                                .env("DFDAEMON_LOG_DIR")
                                .defaultValue("/var/log/dragonfly/dfdaemon"))
                .option(
                        Option.number(
                                        "log-max-files",
                                        "LOG_MAX_FILES",
                                        "Log files that are kept",
                                        1,
                                        10_000)
                                .env("DFDAEMON_LOG_MAX_FILES")
                                .defaultValue("6"))
                .option(
                        Option.value(
                                        "log-max-file-size",
                                        "LOG_MAX_FILE_SIZE",
                                        "Size at which a log file is rotated")
                                .env("DFDAEMON_LOG_MAX_FILE_SIZE")
                                .defaultValue("1GiB"))
                .option(
                        Option.flag("console", "Log to standard output as well as to the files")
                                .env("DFDAEMON_CONSOLE"))
                .build();
    }

    @SuppressWarnings("try") // closing may be interrupted: then the process ends anyway
    private static int start(ProgramContext context, CommandLine line) throws Exception {
        Path file = Path.of(line.get("config"));
        try (var life = new Lifecycle("dfdaemon")) {
            DfdaemonConfig config = DfdaemonConfig.read(file);
            configureLog(context, line, life);
            LOG.info(
                    "dfdaemon {}: pid {}, {}",
                    RunningDfdaemon.VERSION,
                    ProcessHandle.current().pid(),
                    file);
            config.unknownKeys()
                    .forEach(key -> LOG.warn("{}: unknown key {} is ignored", file, key));
            life.own(RunningDfdaemon.start(config, Path.of(line.get("dynconfig")), context));
            int code = context.awaitStop();
            LOG.info("dfdaemon stops");
            return code;
        } catch (NaiadException e) {
            LOG.error("dfdaemon cannot run: {}", e.what());
            String headline =
                    e.kind() == ErrorKind.INVALID_ARGUMENT || e.kind() == ErrorKind.NOT_FOUND
                            ? "Load config " + file + " error: "
                            : "dfdaemon: ";
            context.err().println(headline + NaiadException.chain(e));
            return ExitCode.FAILURE;
        }
    }

    private static void configureLog(ProgramContext context, CommandLine line, Lifecycle life) {
        long size =
                Sizes.parse(line.get("log-max-file-size"))
                        .filter(bytes -> bytes > 0)
                        .orElseThrow(
                                () ->
                                        new NaiadException(
                                                ErrorKind.INVALID_ARGUMENT,
                                                "--log-max-file-size "
                                                        + line.get("log-max-file-size")
                                                        + " is not a size"));
        LogTarget files =
                life.own(
                        new RotatingFile(
                                Path.of(line.get("log-dir")).resolve("dfdaemon.log"),
                                size,
                                (int) line.number("log-max-files"),
                                false,
                                context.clock()));
        // The files are always written: guides grep them also where --console is set.
        LogTarget target = line.flag("console") ? LogTarget.both(LogTarget.stdout(), files) : files;
        Log.configure(
                LogLevel.valueOf(line.get("log-level").toUpperCase(Locale.ROOT)),
                LogFormats.TRACING,
                target,
                context.clock());
    }
}
