package dev.naiad.snapshotter.main;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.ParseOutcome;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogFormats;
import dev.naiad.base.log.LogLevel;
import dev.naiad.base.log.LogTarget;
import dev.naiad.base.log.RotatingFile;
import dev.naiad.snapshotter.SnapshotterLogLines;
import dev.naiad.snapshotter.config.SnapshotterConfig;
import dev.naiad.snapshotter.config.SnapshotterFlags;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** containerd-nydus-grpc: parse, validate, wire, serve until told to stop. */
public final class SnapshotterProgram implements Program {
    private static final String VERSION = "0.1.0";
    private static final long MIB = 1 << 20;

    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        CommandSpec spec = SnapshotterFlags.spec(versionText());
        CommandLine line;
        try {
            switch (spec.parse(args, context.env())) {
                case ParseOutcome.Text(String text) -> {
                    context.out().print(text.endsWith("\n") ? text : text + "\n");
                    return ExitCode.OK;
                }
                case ParseOutcome.Parsed(CommandLine parsed) -> line = parsed;
            }
        } catch (UsageException e) {
            context.err().println("Incorrect Usage: " + e.getMessage() + "\n");
            context.err().println(spec.help(List.of()));
            return fatal(context, e);
        }
        SnapshotterConfig config;
        try {
            config = SnapshotterConfig.load(line, context.env());
        } catch (NaiadException e) {
            return fatal(context, e);
        }
        return serve(context, config);
    }

    private static int serve(ProgramContext context, SnapshotterConfig config) throws Exception {
        try {
            // Before the log, whose directory lies below it and is made with more rights.
            Wiring.makeRoot(config);
        } catch (IOException e) {
            return fatal(context, e);
        }
        try (LogTarget target = logTarget(config, context)) {
            Log.configure(
                    LogLevel.parse(config.log().level()).orElse(LogLevel.INFO),
                    LogFormats.LOGRUS,
                    target);
            Logger log = LoggerFactory.getLogger(SnapshotterProgram.class);
            log.info(
                    SnapshotterLogLines.START,
                    VERSION,
                    ProcessHandle.current().pid(),
                    config.daemon().fsDriver().word(),
                    config.daemonMode());
            config.warnings().forEach(log::warn);
            int code;
            try (var life = new Lifecycle("snapshotter")) {
                Wiring.start(life, config, context);
                code = context.awaitStop();
                log.info(SnapshotterLogLines.SHUTDOWN);
            } catch (NaiadException | IOException e) {
                target.write(fatalLine(context.clock().instant().toString(), e));
                // The original leaves standard error empty here and its operator puzzled.
                return config.log().toStdout() ? ExitCode.FAILURE : fatal(context, e);
            }
            log.info(SnapshotterLogLines.EXITED);
            return code;
        }
    }

    private static LogTarget logTarget(SnapshotterConfig config, ProgramContext context) {
        return config.log().toStdout()
                ? LogTarget.stdout()
                : new RotatingFile(
                        config.log().dir().resolve("nydus-snapshotter.log"),
                        config.log().rotationMaxSizeMb() * MIB,
                        config.log().rotationMaxBackups(),
                        config.log().compress(),
                        context.clock());
    }

    private static int fatal(ProgramContext context, Exception e) {
        String time = context.clock().instant().truncatedTo(ChronoUnit.SECONDS).toString();
        context.err().print(fatalLine(time, e));
        return ExitCode.FAILURE;
    }

    private static String fatalLine(String time, Exception e) {
        String text = e.getMessage() == null ? e.toString() : e.getMessage();
        return "time=\""
                + time
                + "\" level=fatal msg=\""
                + SnapshotterLogLines.FAILED
                + "\" error="
                + quoted(text)
                + "\n";
    }

    private static String quoted(String text) {
        return JsonWriter.compact().value(text).toString();
    }

    /** Labels in 13 columns. */
    private static String versionText() {
        return "Version:     v"
                + VERSION
                + "\n"
                + "Revision:    naiad\n"
                + "Go version:  none, Java "
                + Runtime.version().feature()
                + "\n"
                + "Build time:  unknown\n";
    }
}
