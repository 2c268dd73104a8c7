package dev.naiad.snapshotter.contract;

import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import org.junit.jupiter.api.Tag;

@Tag("root")
final class OurLazyImageTest extends LazyImageContract {
    OurLazyImageTest() {
        super(Program.OURS);
    }
}
