package dev.naiad.nydusd.main;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusdapi.MountRequest;
import dev.naiad.nydusdapi.NydusdApiException;
import dev.naiad.nydusdapi.NydusdClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Asks a running nydusd through its API socket, and tells it things. */
public final class NydusctlProgram implements Program {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return spec().run(context, args, line -> start(context, line));
    }

    private static CommandSpec spec() {
        return CommandSpec.builder(Style.CLAP, "nydusctl", "Asks and controls a running nydusd")
                .version(Versions.text("nydusctl"))
                .option(
                        Option.value("sock", "PATH", "API socket of the daemon")
                                .shortName('S')
                                .require()
                                .everywhere())
                .option(
                        Option.flag("raw", "Print the answer as it comes")
                                .shortName('r')
                                .everywhere())
                .command(
                        CommandSpec.builder(Style.CLAP, "info", "What the daemon is and serves")
                                .build())
                .command(
                        CommandSpec.builder(Style.CLAP, "set", "Change a setting")
                                .positional(Positional.required("KIND", "log-level"))
                                .positional(Positional.required("VALUE", "its new value"))
                                .build())
                .command(
                        CommandSpec.builder(Style.CLAP, "metrics", "Counters")
                                .positional(
                                        Positional.required(
                                                "CATEGORY", "backend, cache or fsstats"))
                                .option(
                                        Option.number(
                                                        "interval",
                                                        "SECONDS",
                                                        "Print what changed, again and again",
                                                        1,
                                                        86_400)
                                                .shortName('I'))
                                .build())
                .command(
                        CommandSpec.builder(Style.CLAP, "mount", "Mount a filesystem")
                                .option(
                                        Option.value("source", "PATH", "Bootstrap of the image")
                                                .shortName('s')
                                                .require())
                                .option(
                                        Option.value("config", "FILE", "Its configuration")
                                                .shortName('c')
                                                .require())
                                .option(
                                        Option.value(
                                                        "mountpoint",
                                                        "PATH",
                                                        "Inside the daemon's mount")
                                                .shortName('m')
                                                .require())
                                .option(
                                        Option.value("type", "TYPE", "Kind of filesystem")
                                                .shortName('t')
                                                .choices("rafs", "passthrough_fs")
                                                .require())
                                .build())
                .command(
                        CommandSpec.builder(Style.CLAP, "umount", "Unmount a filesystem")
                                .option(
                                        Option.value(
                                                        "mountpoint",
                                                        "PATH",
                                                        "Inside the daemon's mount")
                                                .shortName('m')
                                                .require())
                                .build())
                .commandRequired()
                .build();
    }

    private static int start(ProgramContext context, CommandLine line) throws Exception {
        var client = new NydusdClient(Path.of(line.get("sock")), TIMEOUT);
        var command = line.command().orElseThrow(() -> new UsageException("no subcommand"));
        try {
            run(context, client, line.flag("raw"), command);
            return ExitCode.OK;
        } catch (NydusdApiException e) {
            context.err().println("Error: Request failed. " + e.code() + ": " + e.detail());
        } catch (NaiadException e) {
            context.err().println("Error: " + NaiadException.chain(e));
        }
        return ExitCode.FAILURE;
    }

    private static void run(
            ProgramContext context, NydusdClient client, boolean raw, CommandLine command)
            throws Exception {
        var out = context.out();
        switch (command.name()) {
            case "info" -> {
                if (raw) {
                    out.println(client.send("GET", "/api/v1/daemon", "").body());
                } else {
                    out.print(CtlText.info(client.daemonInfo()));
                }
            }
            case "set" -> {
                if (!command.argument(0).orElse("").equals("log-level")) {
                    throw new UsageException("only log-level can be set");
                }
                client.setLogLevel(command.argument(1).orElse(""));
            }
            case "metrics" -> metrics(context, client, raw, command);
            case "mount" ->
                    client.mount(
                            command.get("mountpoint"),
                            new MountRequest(
                                    command.get("type"),
                                    command.get("source"),
                                    read(Path.of(command.get("config"))),
                                    Optional.empty()));
            case "umount" -> client.unmount(command.get("mountpoint"));
            default -> throw new UsageException("unknown subcommand " + command.name());
        }
        out.flush();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "cannot read " + file, e);
        }
    }

    private static void metrics(
            ProgramContext context, NydusdClient client, boolean raw, CommandLine command)
            throws Exception {
        var category = command.argument(0).orElse("");
        var path =
                switch (category) {
                    case "backend" -> "/api/v1/metrics/backend";
                    case "cache" -> "/api/v1/metrics/blobcache";
                    case "fsstats" -> "/api/v1/metrics";
                    default ->
                            throw new UsageException(
                                    "unknown category " + category + ": backend, cache or fsstats");
                };
        if (raw) {
            context.out().println(client.send("GET", path, "").body());
            return;
        }
        switch (category) {
            case "cache" ->
                    context.out().print(CtlText.cache(client.blobcacheMetrics(Optional.empty())));
            case "fsstats" ->
                    context.out().print(CtlText.fsStats(client.fsMetrics(Optional.empty())));
            default -> backend(context, client, command);
        }
    }

    /** Once, or what changed in each interval until the program is asked to stop. */
    private static void backend(ProgramContext context, NydusdClient client, CommandLine command)
            throws Exception {
        var before = client.backendMetrics(Optional.empty());
        if (!command.given("interval")) {
            context.out().print(CtlText.backend(before));
            return;
        }
        var interval = Duration.ofSeconds(command.number("interval"));
        while (!context.stop().await(interval)) {
            var now = client.backendMetrics(Optional.empty());
            context.out().print(CtlText.backendChange(before, now, interval));
            context.out().flush();
            before = now;
        }
    }
}
