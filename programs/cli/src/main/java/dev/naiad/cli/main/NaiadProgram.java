package dev.naiad.cli.main;

import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.ExitCode;
import java.util.List;

/** {@code naiad NAME …}: starts the program of that name, or says which there are. */
final class NaiadProgram implements Program {
    /** The version of the distribution. */
    static final String VERSION = "0.1.0";

    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        if (args.isEmpty() || args.getFirst().equals("--help") || args.getFirst().equals("-h")) {
            context.out().print(help());
            return args.isEmpty() ? ExitCode.USAGE : ExitCode.OK;
        }
        var first = args.getFirst();
        if (first.equals("--version") || first.equals("-V")) {
            context.out().println("naiad " + VERSION);
            return ExitCode.OK;
        }
        var program = Programs.named(first);
        if (program.isEmpty()) {
            context.err()
                    .println(
                            "naiad: there is no program '"
                                    + first
                                    + "'; 'naiad --help' lists them.");
            return ExitCode.USAGE;
        }
        return program.get().run(context, args.subList(1, args.size()));
    }

    private static String help() {
        var text =
                new StringBuilder(
                        "Usage: naiad NAME [ARGUMENTS…]\n\nStarts one of Naiad's programs; each but layer also stands under its own name beside this one.\n\nPrograms:\n");
        for (var entry : Programs.ALL) {
            text.append(String.format("  %-22s %s%n", entry.name(), entry.about()));
        }
        return text.append("\n'naiad NAME --help' shows a program's own.\n").toString();
    }
}
