package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dfdaemon.main.RunningDfdaemon;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.ShortTempDir;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A store on a file system that is too small: an error, never wrong bytes, and then room again. */
@Tag("root")
final class StoreFullDiskTest {
    private static final int PIECE = 4 << 20;

    private final ShortTempDir dir = ShortTempDir.create();
    private final TestOrigin origin = new TestOrigin();
    private final TestSwarm swarm = new TestSwarm(dir.path(), origin);

    @AfterEach
    void stop() throws Exception {
        swarm.close();
        origin.close();
        dir.close();
    }

    @Test
    void aFullDiskIsAnErrorAndMakesRoom() throws Exception {
        Path data = Files.createDirectories(swarm.data("node1"));
        Commands.run("mount", "-t", "tmpfs", "-o", "size=11m", "tmpfs", data.toString());
        String small = origin.addBlob(61, PIECE);
        String large = origin.addBlob(62, 4 * PIECE);
        String other = origin.addBlob(63, PIECE);
        swarm.noScheduler();
        RunningDfdaemon one = swarm.start("node1");
        assertThat(swarm.get(one, small).body()).isEqualTo(origin.content(small));
        // Whatever of it came before the disk was full, the end of it did not.
        assertThat(swarm.tryGet(one, large)).isEmpty();
        Await.until("the next good request works", () -> swarm.tryGet(one, other).isPresent());
        assertThat(swarm.get(one, other).body()).isEqualTo(origin.content(other));
    }
}
