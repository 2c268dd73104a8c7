package dev.naiad.nydusimage.main;

import dev.naiad.base.cli.Program;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.nydusimage.command.NydusImage;
import java.util.List;

/** nydus-image within another program's process: it throws its failures and sets no log up. */
public final class EmbeddedNydusImage implements Program {
    @Override
    public int run(ProgramContext context, List<String> args) throws Exception {
        return NydusImage.embedded(context, args);
    }
}
