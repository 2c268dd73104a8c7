package dev.naiad.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunningProcessTest {
    @TempDir private Path directory;

    @Test
    void closeKillsTheChildrenToo() throws Exception {
        Path pid = directory.resolve("pid");
        var command = List.of("sh", "-c", "sleep 1000 & echo $! > " + pid + "; echo ready; wait");
        long child;
        try (var process = RunningProcess.start(directory.resolve("out"), Map.of(), command)) {
            process.awaitOutput("ready");
            child = Long.parseLong(Files.readString(pid).strip());
            assertThat(ProcessHandle.of(child)).isPresent();
        }
        Await.until(
                "the child is gone",
                () -> ProcessHandle.of(child).map(h -> !h.isAlive()).orElse(true));
    }

    @Test
    void anEarlyEndIsToldWithTheOutput() {
        try (var process =
                RunningProcess.start(
                        directory.resolve("out"),
                        Map.of(),
                        List.of("sh", "-c", "echo no; exit 3"))) {
            assertThatThrownBy(() -> process.awaitOutput("yes"))
                    .hasMessageContaining("ended with 3")
                    .hasMessageContaining("no");
        }
    }

    @Test
    void terminateGivesTheExitCode() {
        var command =
                List.of("sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done");
        try (var process =
                RunningProcess.start(directory.resolve("out"), Map.of("X", "1"), command)) {
            process.awaitOutput("ready");
            assertThat(process.terminate()).isEqualTo(7);
        }
    }

    @Test
    void shortCommandsReturnBothStreamsAndTheirCode() {
        assertThat(Commands.run("sh", "-c", "echo a; echo b >&2; exit 4"))
                .isEqualTo(new Commands.Result(4, "a\nb\n"));
    }

    @Test
    void aShortTempDirIsShortAndGoesAway() throws Exception {
        Path path;
        try (ShortTempDir temp = ShortTempDir.create()) {
            path = temp.path();
            assertThat(path.toString().length()).isLessThan(40);
            Files.createDirectories(temp.resolve("a/b"));
            Files.createSymbolicLink(temp.resolve("a/link"), directory);
        }
        assertThat(path).doesNotExist();
        assertThat(directory).exists();
    }
}
