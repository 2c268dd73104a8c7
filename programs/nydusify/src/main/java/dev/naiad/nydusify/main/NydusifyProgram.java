package dev.naiad.nydusify.main;

import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import java.util.List;

/** nydusify. */
public final class NydusifyProgram implements Program {
    private final Program nydusImage;

    /**
     * A program.
     *
     * @param nydusImage runs a command line of nydus-image in this process, for {@code nydusify
     *     build}; it throws what went wrong and leaves the log as it is
     */
    public NydusifyProgram(Program nydusImage) {
        this.nydusImage = nydusImage;
    }

    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return Nydusify.run(context, nydusImage, args);
    }
}
