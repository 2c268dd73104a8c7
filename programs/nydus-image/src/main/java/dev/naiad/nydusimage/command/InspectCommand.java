package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/**
 * {@code nydus-image inspect}: looks into a bootstrap, by single requests (JSON) or at a prompt.
 */
public final class InspectCommand implements ImageCommand {
    private static final String PROMPT = "Inspecting RAFS :> ";

    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP,
                        "inspect",
                        "Inspect RAFS filesystem metadata in interactive or request mode")
                .positional(ImageFlags.bootstrap())
                .option(ImageFlags.deprecatedBootstrap())
                .option(ImageFlags.blobDir().conflictsWith("config"))
                .option(ImageFlags.config())
                .option(
                        Option.value(
                                        "request",
                                        "request",
                                        "Inspect RAFS filesystem metadata in request mode")
                                .shortName('R'))
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) throws IOException {
        var file = CheckCommand.bootstrap(line);
        try (var arena = Arena.ofShared();
                var image = ImageFile.open(line, context, file, arena)) {
            var session = new InspectSession(image.bootstrap(), image.blobs(), context.out());
            var request = line.find("request");
            if (request.isPresent()) {
                // compat: some callers pass "-R blobs" as one argument, with a blank before the
                // request.
                context.out().print(session.request(request.get().strip()));
                return 0;
            }
            prompt(context, session);
            return 0;
        }
    }

    /** Reads commands until one ends it or the input does; a wrong one is said and forgotten. */
    private static void prompt(ProgramContext context, InspectSession session) throws IOException {
        var out = context.out();
        var in = new BufferedReader(new InputStreamReader(context.in(), StandardCharsets.UTF_8));
        boolean more = true;
        while (more) {
            out.print(PROMPT);
            out.flush();
            var text = in.readLine();
            if (text == null) {
                return;
            }
            try {
                more = session.command(text.strip());
            } catch (NaiadException e) {
                if (e.kind() != ErrorKind.INVALID_ARGUMENT) {
                    throw e;
                }
                out.println(e.what());
            }
        }
    }
}
