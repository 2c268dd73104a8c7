package dev.naiad.nydusimage.main;

import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.nydusimage.command.NydusImage;
import java.util.List;

/** nydus-image. */
public final class NydusImageProgram implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return NydusImage.run(context, args);
    }
}
