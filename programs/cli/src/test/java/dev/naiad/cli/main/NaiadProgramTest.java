package dev.naiad.cli.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NaiadProgramTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nydusd",
                "nydusctl",
                "nydus-image",
                "nydusify",
                "acceld",
                "accelctl",
                "layer",
                "containerd-nydus-grpc",
                "dfdaemon",
                "dfget",
                "scheduler"
            })
    void everyDropInNameTellsItsVersionAndItsHelp(String name) throws Exception {
        assertThat(run(name, "--version")).isZero();
        assertThat(said()).contains("0.1.0");
        out.reset();
        assertThat(run(name, "--help")).isZero();
        assertThat(said()).containsIgnoringCase("usage");
        assertThat(err.size()).isZero();
    }

    @Test
    void aNameThatIsNoneIsNamedWithTheRemedy() throws Exception {
        assertThat(run("nydusx")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("nydusx")
                .contains("naiad --help")
                .doesNotContain("Exception");
    }

    @Test
    void helpListsEveryProgramThatStarts() throws Exception {
        assertThat(run("--help")).isZero();
        for (var entry : Programs.ALL) {
            assertThat(said()).contains(entry.name());
            assertThat(Programs.named(entry.name())).isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nydusd",
                "nydus-image",
                "nydusify",
                "acceld",
                "accelctl",
                "layer",
                "containerd-nydus-grpc",
                "dfdaemon",
                "dfget",
                "scheduler"
            })
    void anUnknownFlagIsNamedAndNoTraceIsShown(String name) throws Exception {
        assertThat(run(name, "--no-such-flag")).isNotZero();
        var everything = said() + err.toString(StandardCharsets.UTF_8);
        assertThat(everything).contains("no-such-flag").doesNotContain("\tat ");
    }

    private int run(String... args) throws Exception {
        try (var o = new PrintStream(out, true, StandardCharsets.UTF_8);
                var e = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            return new NaiadProgram().run(ProgramContext.forTest(o, e, Map.of()), List.of(args));
        }
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
