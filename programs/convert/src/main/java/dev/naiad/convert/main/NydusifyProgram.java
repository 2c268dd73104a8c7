package dev.naiad.convert.main;

import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.convert.nydusify.Nydusify;
import java.util.List;

/** nydusify. */
public final class NydusifyProgram implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return Nydusify.run(context, args);
    }
}
