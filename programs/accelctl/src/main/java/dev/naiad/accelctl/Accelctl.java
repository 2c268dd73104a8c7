package dev.naiad.accelctl;

import dev.naiad.acceleration.config.AcceldConfig;
import dev.naiad.acceleration.engine.Engine;
import dev.naiad.acceleration.layer.LayerStore;
import dev.naiad.acceleration.state.WorkDirectory;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogFormats;
import dev.naiad.base.log.LogLevel;
import dev.naiad.convert.conversion.ConverterVersion;
import dev.naiad.oci.ref.ImageReference;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** accelctl: parses and asks. */
public final class Accelctl {
    private static final Logger LOG = LoggerFactory.getLogger(Accelctl.class);

    private static final String DEFAULT_ADDRESS = "localhost:2077";

    private Accelctl() {}

    /** Runs it; the result is the exit code. */
    public static int run(ProgramContext context, List<String> args) throws Exception {
        CommandSpec spec = spec();
        return spec.run(
                context,
                args,
                line -> {
                    Log.configure(
                            LogLevel.INFO,
                            LogFormats.LOGRUS,
                            context.err()::print,
                            context.clock());
                    if (line.command().isEmpty()) {
                        context.out().println(spec.help(List.of()));
                        return ExitCode.OK;
                    }
                    return run(context, line.command().get());
                });
    }

    private static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.URFAVE, "accelctl", "Asks acceld for conversions of images")
                .version("accelctl version " + ConverterVersion.TEXT + ", revision naiad")
                .command(
                        CommandSpec.builder(Style.URFAVE, "task", "Manage conversion tasks")
                                .option(
                                        Option.value("addr", "value", "Address of acceld")
                                                .defaultValue(DEFAULT_ADDRESS))
                                .option(
                                        Option.value(
                                                        "auth-header",
                                                        "value",
                                                        "Authorization header, where acceld wants one")
                                                .env("ACCELCTL_AUTH_HEADER"))
                                .command(create())
                                .command(list("list"))
                                .command(list("ls"))
                                .commandRequired()
                                .build())
                .command(
                        CommandSpec.builder(
                                        Style.URFAVE,
                                        "convert",
                                        "Convert an image here, with acceld's configuration file")
                                .option(
                                        Option.value(
                                                        "config",
                                                        "value",
                                                        "Path of the configuration file")
                                                .require())
                                .positional(Positional.required("SOURCE", "Image reference"))
                                .build())
                .build();
    }

    private static CommandSpec create() {
        return CommandSpec.builder(Style.URFAVE, "create", "Create a conversion task")
                .option(Option.flag("sync", "Wait until the task has ended"))
                .positional(Positional.required("SOURCE", "Image reference"))
                .build();
    }

    private static CommandSpec list(String name) {
        return CommandSpec.builder(Style.URFAVE, name, "List conversion tasks").build();
    }

    private static int run(ProgramContext context, CommandLine line) throws InterruptedException {
        try {
            switch (line.name()) {
                case "task" -> task(context, line);
                case "convert" -> convert(context, line);
                default -> throw new IllegalStateException("no command " + line.name());
            }
            return ExitCode.OK;
        } catch (UsageException e) {
            throw e;
        } catch (NaiadException e) {
            LOG.error("{}", NaiadException.chain(e));
            return ExitCode.FAILURE;
        } catch (java.io.IOException e) {
            LOG.error("{}", e.toString());
            return ExitCode.FAILURE;
        } finally {
            context.out().flush();
            context.err().flush();
        }
    }

    private static void task(ProgramContext context, CommandLine line) {
        CommandLine command = line.command().orElseThrow();
        var header = line.find("auth-header").filter(text -> !text.isEmpty());
        try (var client = new TaskClient(line.get("addr"), header)) {
            if (command.name().equals("create")) {
                boolean sync = command.flag("sync");
                client.create(command.arguments().getFirst(), sync);
                LOG.info(
                        sync
                                ? "the task is completed"
                                : "the task is submitted; accelctl task list shows its progress");
            } else {
                context.out().print(TaskTable.of(client.list()));
            }
        }
    }

    private static void convert(ProgramContext context, CommandLine line)
            throws java.io.IOException, InterruptedException {
        AcceldConfig config = AcceldConfig.read(Path.of(line.get("config")));
        config.unknown().forEach(LOG::warn);
        ImageReference source = ImageReference.parse(line.arguments().getFirst());
        // acceld's layers are of use here as well, unless acceld has them in use.
        var directory = WorkDirectory.take(config.workDir());
        try {
            var store =
                    directory.map(
                            taken ->
                                    LayerStore.open(
                                            taken.path().resolve("content"),
                                            config.gcThreshold(),
                                            context.clock()));
            var outcome =
                    Engine.open(config, context.env(), context.clock(), store).convert(source);
            if (!outcome.note().isEmpty()) {
                LOG.info("{}: {}", source, outcome.note());
            }
        } finally {
            directory.ifPresent(WorkDirectory::close);
        }
    }
}
