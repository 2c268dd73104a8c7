package dev.naiad.dfdaemon.main;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.ExitCode;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.tool.DfgetDownload;
import dev.naiad.dfdaemon.tool.DfgetOptions;
import dev.naiad.dfdaemon.tool.ToolMessages;
import java.util.List;

/** dfget: one URL into one file, through the dfdaemon of this machine. */
public final class DfgetProgram implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return spec().run(context, args, line -> get(context, line));
    }

    private static CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP, "dfget", "Downloads a URL through the dfdaemon of this machine")
                .version("dfget " + RunningDfdaemon.VERSION)
                .positional(Positional.required("URL", "What to download"))
                .option(
                        Option.value("output", "PATH", "File to write, must not exist")
                                .shortName('O')
                                .require())
                .option(Option.flag("recursive", "Download a directory").shortName('r'))
                .option(
                        env(
                                Option.flag(
                                        "transfer-from-dfdaemon",
                                        "Take the content from dfdaemon and write the file here"),
                                "TRANSFER_FROM_DFDAEMON"))
                .option(env(Option.flag("overwrite", "Replace the output file"), "OVERWRITE"))
                .option(
                        env(
                                Option.flag(
                                        "force-hard-link",
                                        "Make the output a hard link into the store or fail"),
                                "FORCE_HARD_LINK"))
                .option(
                        env(
                                Option.value(
                                        "content-for-calculating-task-id",
                                        "TEXT",
                                        "Name the task by this text instead of the URL"),
                                "CONTENT_FOR_CALCULATING_TASK_ID"))
                .option(
                        env(
                                Option.value("timeout", "DURATION", "Limit of the whole download")
                                        .defaultValue("2h"),
                                "TIMEOUT"))
                .option(
                        Option.value(
                                "digest",
                                "DIGEST",
                                "What the content must hash to: sha256:, sha512: or crc32: and the value"))
                .option(
                        env(
                                Option.number("priority", "PRIORITY", "0 to 6", 0, 6)
                                        .shortName('p')
                                        .defaultValue("6"),
                                "PRIORITY"))
                .option(
                        env(
                                Option.value(
                                        "piece-length", "SIZE", "Length of a piece, from 4MiB"),
                                "PIECE_LENGTH"))
                .option(
                        env(
                                Option.value("application", "NAME", "Part of the task's name")
                                        .defaultValue(""),
                                "APPLICATION"))
                .option(
                        env(
                                Option.value("tag", "NAME", "Part of the task's name")
                                        .defaultValue(""),
                                "TAG"))
                .option(
                        Option.value("header", "HEADER", "Header of the request, \"Name: value\"")
                                .shortName('H')
                                .repeat())
                .option(
                        Option.value(
                                        "filtered-query-param",
                                        "NAME",
                                        "Query parameter that is not part of the task's name")
                                .repeat())
                .option(
                        env(
                                Option.flag("disable-back-to-source", "Take it from peers only"),
                                "DISABLE_BACK_TO_SOURCE"))
                .option(env(Option.flag("no-progress", "Show no progress"), "NO_PROGRESS"))
                .option(
                        Option.value("endpoint", "PATH", "Socket of dfdaemon")
                                .shortName('e')
                                .defaultValue("/var/run/dragonfly/dfdaemon.sock"))
                .option(
                        Option.value("log-level", "LOG_LEVEL", "Least level that is logged")
                                .shortName('l')
                                .defaultValue("info"))
                .option(Option.flag("console", "Log to standard output"))
                .build();
    }

    private static Option env(Option option, String name) {
        return option.env("DFGET_" + name);
    }

    private static int get(ProgramContext context, CommandLine line) throws Exception {
        var messages = new ToolMessages(context);
        DfgetOptions options;
        try {
            options = DfgetOptions.of(line);
            options.check();
        } catch (NaiadException e) {
            messages.failure("Validating Failed!", e.what());
            return ExitCode.FAILURE;
        }
        try {
            new DfgetDownload(context, options).run();
            return ExitCode.OK;
        } catch (NaiadException e) {
            String headline =
                    e.kind() == ErrorKind.UNAVAILABLE
                            ? "Connect Dfdaemon Failed!"
                            : "Downloading Failed!";
            messages.failure(headline, e);
            return ExitCode.FAILURE;
        }
    }
}
