package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.ProgramContext;

/** One sub-command of nydus-image. */
public interface ImageCommand {
    CommandSpec spec();

    /** Does it; the result is the exit code. */
    int run(ProgramContext context, CommandLine line) throws Exception;
}
