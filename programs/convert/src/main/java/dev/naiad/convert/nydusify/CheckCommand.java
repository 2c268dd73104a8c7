package dev.naiad.convert.nydusify;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/** {@code nydusify check}. */
final class CheckCommand {
    CheckCommand(ProgramContext context) {}

    int run(CommandLine line) {
        throw new NaiadException(
                ErrorKind.UNIMPLEMENTED,
                "check of " + line.get("target") + " is not supported yet");
    }
}
