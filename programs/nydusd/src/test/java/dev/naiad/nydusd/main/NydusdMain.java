package dev.naiad.nydusd.main;

import dev.naiad.base.cli.ProgramLauncher;
import java.util.List;

/** nydusd as a process of its own, for tests that kill it. */
public final class NydusdMain {
    private NydusdMain() {}

    static void main(String[] args) {
        ProgramLauncher.launch(new NydusdProgram(), List.of(args));
    }
}
