package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.dfdaemon.main.DfgetProgram;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An output on another file system than the store: a copy, or the refusal of a forced link. */
@Tag("root")
final class OutputCopyTest {
    private static final int PIECE = 4 << 20;

    private final ShortTempDir dir = ShortTempDir.create();
    private final TestOrigin origin = new TestOrigin();
    private final TestSwarm swarm = new TestSwarm(dir.path(), origin);
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @AfterEach
    void stop() throws Exception {
        swarm.close();
        origin.close();
        dir.close();
    }

    private int dfget(Path output, String blob, String... more) throws Exception {
        var args =
                new ArrayList<>(
                        List.of(
                                origin.url() + blob,
                                "-O",
                                output.toString(),
                                "-e",
                                swarm.socket("node1").toString()));
        args.addAll(List.of(more));
        var print = new PrintStream(said, true, StandardCharsets.UTF_8);
        return new DfgetProgram().run(ProgramContext.forTest(print, print, Map.of()), args);
    }

    @Test
    void acrossFileSystemsTheOutputIsACopyAndAForcedLinkFails() throws Exception {
        Path other = Files.createDirectory(dir.resolve("other"));
        Commands.run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", other.toString());
        String blob = origin.addBlob(35, 2 * PIECE + 9);
        swarm.noScheduler();
        swarm.start("node1");
        assertThat(dfget(other.resolve("copy"), blob))
                .as(said.toString(StandardCharsets.UTF_8))
                .isZero();
        assertThat(Files.readAllBytes(other.resolve("copy"))).isEqualTo(origin.content(blob));
        assertThat(Files.getAttribute(other.resolve("copy"), "unix:nlink")).isEqualTo(1);
        assertThat(dfget(other.resolve("link"), blob, "--force-hard-link")).isEqualTo(1);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("Invalid cross-device link");
        try (Stream<Path> files = Files.list(other)) {
            assertThat(files).containsExactly(other.resolve("copy"));
        }
    }
}
