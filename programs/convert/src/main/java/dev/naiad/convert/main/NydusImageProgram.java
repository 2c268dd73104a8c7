package dev.naiad.convert.main;

import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.convert.image.NydusImage;
import java.util.List;

/** nydus-image. */
public final class NydusImageProgram implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return NydusImage.run(context, args);
    }
}
