package dev.naiad.nydusify.main;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.error.OutOfMemory;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogFormats;
import dev.naiad.base.log.LogLevel;
import dev.naiad.base.log.LogTarget;
import dev.naiad.convert.conversion.ConvertSpec;
import dev.naiad.convert.conversion.ConverterVersion;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.nydusify.build.BuildCommand;
import dev.naiad.nydusify.build.BuildSpec;
import dev.naiad.nydusify.check.CheckSpec;
import dev.naiad.nydusify.check.NydusifyCheckCommand;
import dev.naiad.nydusify.chunkdict.ChunkdictSpec;
import dev.naiad.nydusify.chunkdict.NydusifyChunkdictCommand;
import dev.naiad.nydusify.commit.CommitCommand;
import dev.naiad.nydusify.commit.CommitSpec;
import dev.naiad.nydusify.commit.ResumeCommand;
import dev.naiad.nydusify.convert.ConvertCommand;
import dev.naiad.nydusify.copy.CopyCommand;
import dev.naiad.nydusify.copy.CopySpec;
import dev.naiad.nydusify.mount.MountCommand;
import dev.naiad.nydusify.optimize.NydusifyOptimizeCommand;
import dev.naiad.nydusify.optimize.OptimizeSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** nydusify: parses, sets the log up, runs the command, says what went wrong. */
final class Nydusify {
    private static final Logger LOG = LoggerFactory.getLogger(Nydusify.class);

    private Nydusify() {}

    /** Runs it; the result is the exit code. */
    static int run(ProgramContext context, Program nydusImage, List<String> args) throws Exception {
        var spec = spec();
        return spec.run(
                context,
                args,
                line -> {
                    Optional<CommandLine> command = line.command();
                    if (command.isEmpty()) {
                        context.out().println(spec.help(List.of()));
                        return 0;
                    }
                    try (var target = logTarget(context, line)) {
                        var level = level(line);
                        Log.configure(
                                level.orElse(LogLevel.INFO),
                                LogFormats.LOGRUS,
                                target,
                                context.clock());
                        if (level.isEmpty()) {
                            // compat: the original goes on as well.
                            LOG.warn(
                                    "--log-level {} is unknown, info is used",
                                    line.get("log-level"));
                        }
                        return run(context, nydusImage, command.get());
                    }
                });
    }

    private static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.URFAVE,
                        "nydusify",
                        "Nydus utility tool to build, convert, verify and view container images")
                .version(
                        "\nVersion    : "
                                + ConverterVersion.TEXT
                                + "\nRevision   : naiad\nGo version : none, Java "
                                + Runtime.version().feature()
                                + "\nBuild time : 2026-01-01T00:00:00Z")
                .option(
                        Option.flag(
                                        "debug",
                                        "Enable debug log level, overwrites the 'log-level' option")
                                .shortName('D')
                                .env("DEBUG_LOG_LEVEL"))
                .option(
                        Option.value(
                                        "log-level",
                                        "value",
                                        "Set log level (panic, fatal, error, warn, info, debug, trace)")
                                .shortName('l')
                                .env("LOG_LEVEL")
                                .defaultValue("info"))
                .option(Option.value("log-file", "value", "Write logs to a file").env("LOG_FILE"))
                .command(ConvertSpec.spec())
                .command(CheckSpec.spec())
                .command(CopySpec.spec())
                .command(BuildSpec.spec())
                .command(BuildSpec.alias())
                .command(CommitSpec.spec())
                .command(ResumeCommand.spec())
                .command(OptimizeSpec.spec())
                .command(ChunkdictSpec.spec())
                .command(MountCommand.spec())
                .command(MountCommand.alias())
                .build();
    }

    private static int run(ProgramContext context, Program nydusImage, CommandLine command)
            throws Exception {
        // Ctrl-C ends what runs; uploads that were begun are given up on the way.
        Thread worker = Thread.currentThread();
        Thread watcher =
                Thread.ofVirtual()
                        .name("stop")
                        .start(
                                () -> {
                                    try {
                                        context.stop().await();
                                        worker.interrupt();
                                    } catch (InterruptedException e) {
                                        // The command has ended by itself.
                                    }
                                });
        try {
            return switch (command.name()) {
                case "convert" -> new ConvertCommand(context).run(command);
                case "check" -> new NydusifyCheckCommand(context).run(command);
                case "copy" -> new CopyCommand(context).run(command);
                case "build", "pack" -> new BuildCommand(context, nydusImage).run(command);
                case "commit" -> new CommitCommand(context).run(command);
                case "resume" -> new ResumeCommand().run(command);
                case "optimize" -> new NydusifyOptimizeCommand(context).run(command);
                case "chunkdict" -> new NydusifyChunkdictCommand(context).run(command);
                case "mount", "view" -> new MountCommand(context).run(command);
                default -> throw new IllegalStateException("no command " + command.name());
            };
        } catch (UsageException e) {
            throw e;
        } catch (NaiadException | OutOfMemoryError e) {
            LOG.error("{}", OutOfMemory.message(e).orElseGet(() -> NaiadException.chain(e)));
            return 1;
        } catch (InterruptedException e) {
            LOG.error("interrupted");
            return 1;
        } finally {
            watcher.interrupt();
            context.out().flush();
            context.err().flush();
        }
    }

    private static Optional<LogLevel> level(CommandLine line) {
        if (line.flag("debug")) {
            return Optional.of(LogLevel.DEBUG);
        }
        return switch (line.get("log-level").toLowerCase(Locale.ROOT)) {
            case "trace" -> Optional.of(LogLevel.TRACE);
            case "debug" -> Optional.of(LogLevel.DEBUG);
            case "info" -> Optional.of(LogLevel.INFO);
            case "warn", "warning" -> Optional.of(LogLevel.WARN);
            case "error", "fatal", "panic" -> Optional.of(LogLevel.ERROR);
            default -> Optional.empty();
        };
    }

    private static LogTarget logTarget(ProgramContext context, CommandLine line) {
        Optional<String> file = line.find("log-file").filter(name -> !name.isEmpty());
        if (file.isEmpty() || line.flag("debug")) {
            // A line of the log takes the place of the progress bar, which is drawn again below it.
            boolean terminal =
                    ConversionProgress.onTerminal(
                            context.err(), context.variable("TERM").orElse(""));
            return terminal
                    ? lines -> context.err().print(ConversionProgress.CLEAR + lines)
                    : context.err()::print;
        }
        return LogTarget.appending(Path.of(file.get()));
    }
}
