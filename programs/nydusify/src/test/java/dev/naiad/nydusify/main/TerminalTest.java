package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.RunningProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a user sees of a conversion, on a terminal and in a pipe. */
@Timeout(120)
class TerminalTest {
    @TempDir Path dir = Path.of("/");

    @Test
    void terminalGetsABarAndAPipeOnlyLines() {
        Requires.commands("script");
        try (var registry = RealRegistry.start()) {
            var _ = SampleImage.push(registry, "src/app", "1", SampleImage.layers(), false);
            String bar = "%  pulled ";
            String terminal = run(registry, "tty", true);
            assertThat(terminal)
                    .contains(bar)
                    .containsPattern("\\r\\u001b\\[Ktime=\"[^\r]*msg=\"converted image ");
            String pipe = run(registry, "pipe", false);
            assertThat(pipe)
                    .doesNotContain(bar)
                    .doesNotContain("\u001b")
                    .contains("converted layer");
        }
    }

    private String run(RealRegistry registry, String tag, boolean terminal) {
        String at = registry.authority();
        var command =
                NydusifyMain.command(
                        List.of(
                                "convert",
                                "--work-dir",
                                dir.resolve("work").toString(),
                                "--source",
                                at + "/src/app:1",
                                "--target",
                                at + "/out/app:" + tag));
        var inTerminal = List.of("script", "-qec", String.join(" ", command), "/dev/null");
        try (var process =
                RunningProcess.start(
                        dir.resolve(tag),
                        Map.of("DOCKER_CONFIG", dir.toString(), "TERM", "xterm"),
                        terminal ? inTerminal : command)) {
            assertThat(process.awaitExit()).as(process.output()).isZero();
            return process.output();
        }
    }
}
