package dev.naiad.acceld.daemon;

import dev.naiad.acceld.main.AcceldProgram;
import dev.naiad.base.cli.ProgramLauncher;
import java.util.List;

/** acceld as a process of its own. */
final class AcceldMain {
    private AcceldMain() {}

    public static void main(String[] args) {
        ProgramLauncher.launch(new AcceldProgram(), List.of(args));
    }
}
