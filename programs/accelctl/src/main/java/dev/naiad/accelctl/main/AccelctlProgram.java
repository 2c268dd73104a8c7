package dev.naiad.accelctl.main;

import dev.naiad.accelctl.Accelctl;
import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import java.util.List;

/** accelctl. */
public final class AccelctlProgram implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return Accelctl.run(context, args);
    }
}
