package dev.naiad.snapshotter.contract;

import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import org.junit.jupiter.api.Tag;

@Tag("root")
final class OriginalLazyImageTest extends LazyImageContract {
    OriginalLazyImageTest() {
        super(Program.ORIGINAL);
    }
}
