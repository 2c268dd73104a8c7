package dev.naiad.acceld.main;

import dev.naiad.acceld.daemon.Acceld;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import java.util.List;

/** acceld. */
public final class AcceldProgram implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return Acceld.run(context, args);
    }
}
