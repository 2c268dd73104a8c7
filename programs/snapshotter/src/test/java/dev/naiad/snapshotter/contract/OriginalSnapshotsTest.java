package dev.naiad.snapshotter.contract;

import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import org.junit.jupiter.api.Tag;

/** Proves that the contract is the original's, not only ours. */
@Tag("root")
final class OriginalSnapshotsTest extends SnapshotsContract {
    OriginalSnapshotsTest() {
        super(Program.ORIGINAL);
    }
}
