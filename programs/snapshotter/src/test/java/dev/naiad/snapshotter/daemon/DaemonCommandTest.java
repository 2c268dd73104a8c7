package dev.naiad.snapshotter.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.snapshotter.store.DaemonRecord;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DaemonCommandTest {
    private static DaemonRecord record(
            String mode, boolean stdout, String supervisor, int threads) {
        return new DaemonRecord(
                "id",
                0,
                "/r/socket/id/api.sock",
                mode,
                "fusedev",
                "/r/logs/id",
                "info",
                100,
                stdout,
                "/r/mnt",
                supervisor,
                threads,
                "/r/config/id");
    }

    @Test
    void aDedicatedDaemonGetsItsImageAndItsLogFile() {
        assertThat(
                        String.join(
                                " ",
                                DaemonCommand.of(
                                        Path.of("/bin/nydusd"),
                                        record("dedicated", false, "", 0),
                                        Optional.of(Path.of("/r/snapshots/2/fs/image/image.boot")),
                                        false,
                                        Optional.of("/a"))))
                .isEqualTo(
                        "/bin/nydusd fuse --config /r/config/id/config.json --bootstrap"
                                + " /r/snapshots/2/fs/image/image.boot --mountpoint /r/mnt --apisock /r/socket/id/api.sock"
                                + " --log-level info --log-rotation-size 100 --log-file /r/logs/id/nydusd.log"
                                + " --prefetch-files /a");
    }

    @Test
    void aSharedDaemonWithASupervisorGetsItsId() {
        assertThat(
                        String.join(
                                " ",
                                DaemonCommand.of(
                                        Path.of("nydusd"),
                                        record("shared", true, "/r/supervisor/id.sock", 3),
                                        Optional.empty(),
                                        true,
                                        Optional.empty())))
                .isEqualTo(
                        "nydusd fuse --upgrade --thread-num 3 --id id --mountpoint /r/mnt --apisock"
                                + " /r/socket/id/api.sock --log-level info --log-rotation-size 100 --supervisor"
                                + " /r/supervisor/id.sock");
    }

    @Test
    void idsAreTwentyLettersAndSortByTime() {
        var random = new Random(1);
        var seen = new HashSet<String>();
        String previous = "";
        for (int i = 0; i < 200; i++) {
            long second = 1_700_000_000L + i;
            String id = new DaemonIds(() -> Instant.ofEpochSecond(second), random).next();
            assertThat(id).matches("[0-9a-v]{20}").isGreaterThan(previous);
            assertThat(seen.add(id)).isTrue();
            previous = id;
        }
    }
}
