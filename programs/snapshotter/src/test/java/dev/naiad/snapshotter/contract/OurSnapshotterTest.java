package dev.naiad.snapshotter.contract;

import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;

final class OurSnapshotterTest extends SnapshotsContract {
    OurSnapshotterTest() {
        super(Program.OURS);
    }
}
