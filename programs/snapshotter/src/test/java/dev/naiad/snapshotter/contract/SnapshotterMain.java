package dev.naiad.snapshotter.contract;

import dev.naiad.base.cli.ProgramLauncher;
import dev.naiad.snapshotter.main.SnapshotterProgram;
import java.util.List;

/** Our snapshotter as a process, as {@code cli} starts it. */
public final class SnapshotterMain {
    private SnapshotterMain() {}

    public static void main(String[] args) {
        ProgramLauncher.launch(new SnapshotterProgram(), List.of(args));
    }
}
