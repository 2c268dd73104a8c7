package dev.naiad.convert.main;

import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.convert.acceld.daemon.Acceld;
import java.util.List;

/** acceld. */
public final class AcceldProgram implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return Acceld.run(context, args);
    }
}
