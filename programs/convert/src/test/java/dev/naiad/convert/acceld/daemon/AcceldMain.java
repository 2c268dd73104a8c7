package dev.naiad.convert.acceld.daemon;

import dev.naiad.base.cli.ProgramLauncher;
import dev.naiad.convert.main.AcceldProgram;
import java.util.List;

/** acceld as a process of its own. */
final class AcceldMain {
    private AcceldMain() {}

    public static void main(String[] args) {
        ProgramLauncher.launch(new AcceldProgram(), List.of(args));
    }
}
