package dev.naiad.convert.main;

import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.convert.accelctl.Accelctl;
import java.util.List;

/** accelctl. */
public final class AccelctlProgram implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return Accelctl.run(context, args);
    }
}
