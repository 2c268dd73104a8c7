package dev.naiad.nydusimage.main;

import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.nydusimage.layer.LayerTool;
import java.util.List;

/** naiad layer. */
public final class LayerProgram implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return LayerTool.run(context, args);
    }
}
