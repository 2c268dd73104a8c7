package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.error.OutOfMemory;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogFormats;
import dev.naiad.base.log.LogLevel;
import dev.naiad.base.log.LogTarget;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** nydus-image: parses, sets the log up, runs the command, says what went wrong. */
public final class NydusImage {
    private static final List<ImageCommand> COMMANDS =
            List.of(
                    new CreateCommand(),
                    new MergeCommand(),
                    new CheckCommand(),
                    new InspectCommand(),
                    new StatCommand(),
                    new UnpackCommand(),
                    new CompactCommand(),
                    new OptimizeCommand(),
                    new ChunkdictCommand(),
                    new ExportCommand());

    private NydusImage() {}

    private static CommandSpec spec() {
        var spec =
                CommandSpec.builder(
                                Style.CLAP,
                                "nydus-image",
                                "Build or inspect RAFS filesystems for nydus accelerated container images")
                        .version(ImageVersion.text())
                        .option(
                                Option.value("log-file", "log-file", "Log file path")
                                        .shortName('L')
                                        .everywhere())
                        .option(
                                Option.value("log-level", "log-level", "Log level:")
                                        .shortName('l')
                                        .defaultValue("info")
                                        .choices("trace", "debug", "info", "warn", "error")
                                        .everywhere());
        COMMANDS.forEach(command -> spec.command(command.spec()));
        return spec.build();
    }

    /** Runs it; the result is the exit code. */
    public static int run(ProgramContext context, List<String> args) throws Exception {
        var spec = spec();
        return spec.run(
                context,
                args,
                line -> {
                    var command = line.command();
                    if (command.isEmpty()) {
                        context.out().println(spec.help(List.of()));
                        return 0;
                    }
                    LogTarget log;
                    try {
                        log = logTarget(context, line);
                    } catch (NaiadException e) {
                        report(context.err(), e);
                        return 1;
                    }
                    try (log) {
                        Log.configure(
                                level(context, line), LogFormats.NYDUSD, log, context.clock());
                        return run(context, command.get());
                    }
                });
    }

    /**
     * Runs a command line within another program, which has set the log up; the result is the exit
     * code.
     *
     * @throws NaiadException what went wrong; nothing is printed
     */
    public static int embedded(ProgramContext context, List<String> args) throws Exception {
        CommandLine line = spec().parseLine(args, context.env()).command().orElseThrow();
        return command(line).run(context, line);
    }

    private static ImageCommand command(CommandLine line) {
        return COMMANDS.stream()
                .filter(command -> command.spec().name().equals(line.name()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no command " + line.name()));
    }

    private static int run(ProgramContext context, CommandLine line) throws Exception {
        try {
            return command(line).run(context, line);
        } catch (NaiadException e) {
            if (e instanceof UsageException) {
                throw e;
            }
            report(
                    context.err(),
                    OutOfMemory.message(e)
                            .map(text -> new NaiadException(e.kind(), text))
                            .orElse(e));
            return 1;
        } catch (IOException e) {
            report(
                    context.err(),
                    new NaiadException(ErrorKind.UNAVAILABLE, IoReason.after(line.name(), e), e));
            return 1;
        } finally {
            context.out().flush();
            context.err().flush();
        }
    }

    /** compat: the shape in which the original prints a failure and its causes. */
    private static void report(PrintStream err, NaiadException failure) {
        err.println("Error: " + failure.what());
        var causes = new ArrayList<String>();
        String last = failure.what();
        for (Throwable at = failure.getCause(); at != null; at = at.getCause()) {
            String text = NaiadException.told(at, last);
            if (!last.contains(text)) {
                causes.add(text);
                last = text;
            }
        }
        if (causes.isEmpty()) {
            return;
        }
        err.println();
        err.println("Caused by:");
        for (int i = 0; i < causes.size(); i++) {
            err.println("    " + (causes.size() > 1 ? i + ": " : "") + causes.get(i));
        }
    }

    /** compat: {@code RUST_LOG} with one of the levels counts more than {@code --log-level}. */
    private static LogLevel level(ProgramContext context, CommandLine line) {
        String option = line.get("log-level").toUpperCase(Locale.ROOT);
        String wanted = context.variable("RUST_LOG").orElse("").strip().toUpperCase(Locale.ROOT);
        for (var level : LogLevel.values()) {
            if (level.name().equals(wanted)) {
                return level;
            }
        }
        return LogLevel.valueOf(option);
    }

    private static LogTarget logTarget(ProgramContext context, CommandLine line) {
        var file = line.find("log-file");
        if (file.isEmpty()) {
            return context.err()::print;
        }
        return LogTarget.appending(Path.of(file.get()));
    }
}
