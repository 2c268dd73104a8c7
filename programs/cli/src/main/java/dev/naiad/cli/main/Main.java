package dev.naiad.cli.main;

import dev.naiad.base.cli.ProgramLauncher;
import java.util.Arrays;
import java.util.List;

/**
 * Where every process begins: the first argument is the name it was started by, the rest is the
 * program's own. The launcher script puts the name there.
 */
public final class Main {
    private Main() {}

    /** Starts the program named by {@code args[0]}; does not return. */
    public static void main(String[] args) {
        var name = args.length == 0 ? "naiad" : args[0];
        var rest =
                args.length == 0 ? List.<String>of() : Arrays.asList(args).subList(1, args.length);
        if (name.equals(TrainingMain.NAME)) {
            // Through this class, so that it is in the cache too.
            TrainingMain.main(args);
            return;
        }
        var program = Programs.named(name).orElseGet(NaiadProgram::new);
        ProgramLauncher.launch(program, rest);
    }
}
