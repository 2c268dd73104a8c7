package dev.naiad.nydusd.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.UsageException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLinesTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    private int nydusd(String... args) throws Exception {
        try (var stream = new PrintStream(output, true, StandardCharsets.UTF_8)) {
            return new NydusdProgram()
                    .run(ProgramContext.forTest(stream, stream, Map.of()), List.of(args));
        }
    }

    private String said() {
        return output.toString(StandardCharsets.UTF_8);
    }

    private static NydusdFlags flags(String... args) {
        return NydusdFlags.of(NydusdFlags.spec().parseLine(List.of(args), Map.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "virtiofs --sock /s --bootstrap /b --hybrid-mode",
                "uffd -S /s -B /b -D /blobs --threads 4",
                "nbd /dev/nbd0 --bootstrap /b"
            })
    void modesThatDoNotExistAreRefusedByName(String line) {
        String mode = line.substring(0, line.indexOf(' '));
        assertThatThrownBy(() -> flags(line.split(" ")))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("'" + mode + "' is not supported");
    }

    @Test
    void theSnapshottersArgumentsAreUnderstoodInAnyOrder() {
        var dedicated =
                flags(
                        "fuse",
                        "--thread-num",
                        "4",
                        "--id",
                        "abc",
                        "--config",
                        "/c.json",
                        "--bootstrap",
                        "/image.boot",
                        "--mountpoint",
                        "/mnt",
                        "--apisock",
                        "/api.sock",
                        "--log-level",
                        "warn",
                        "--log-rotation-size",
                        "100",
                        "--supervisor",
                        "/s.sock",
                        "--log-file",
                        "/logs/nydusd.log",
                        "--failover-policy",
                        "resend",
                        "--backend-source",
                        "http://x",
                        "--prefetch-files",
                        "/list");
        assertThat(dedicated.threads()).isEqualTo(4);
        assertThat(dedicated.id()).contains("abc");
        assertThat(dedicated.mountpoint()).contains(Path.of("/mnt"));
        assertThat(dedicated.logRotationBytes()).isEqualTo(100 << 20);
        assertThat(dedicated.prefetchFiles()).contains(Path.of("/list"));
        assertThat(dedicated.virtualMountpoint()).isEqualTo("/");

        var shared = flags("--apisock", "/api.sock", "fuse", "--mountpoint", "/mnt");
        assertThat(shared.bootstrap()).isEmpty();
        assertThat(shared.apiSocket()).contains(Path.of("/api.sock"));
        assertThat(shared.threads()).isEqualTo(4);
        assertThat(shared.rlimitNofile()).isEqualTo(1_000_000);
    }

    @Test
    void withoutSubCommandItBehavesAsFuse() {
        assertThat(flags("-M", "/mnt", "-B", "/boot", "-D", "/dir").localfsDir())
                .contains(Path.of("/dir"));
    }

    @Test
    void logFilesGetAnExtension() {
        assertThat(flags("-M", "/mnt", "-L", "/logs/nydusd").logFile())
                .contains(Path.of("/logs/nydusd.log"));
        assertThat(flags("-M", "/mnt", "-L", "/logs/nydusd.txt").logFile())
                .contains(Path.of("/logs/nydusd.txt"));
    }

    @Test
    void mistakesAreUsageErrorsThatNameTheOption() {
        assertUsage("valid range: [1-1024]", "fuse", "-M", "/m", "--thread-num", "0");
        assertUsage("--mountpoint", "fuse");
        assertUsage("--writable", "fuse", "-M", "/m", "--writable");
        assertUsage("--shared-dir", "fuse", "-M", "/m", "--shared-dir", "/x");
        assertUsage("--log-level", "-M", "/m", "--log-level", "loud");
        assertUsage("--supervisor", "-M", "/m", "--id", "x");
        assertUsage("fscache", "singleton", "--fscache", "/x");
    }

    private static void assertUsage(String text, String... args) {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> flags(args)))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(text);
    }

    @Test
    void usageErrorsExitWith2() throws Exception {
        assertThat(nydusd("fuse", "--no-such-flag")).isEqualTo(2);
        assertThat(said()).contains("--no-such-flag");
    }

    @Test
    void theVersionHoldsTheCommitInTheOriginalsForm() throws Exception {
        assertThat(nydusd("--version")).isZero();
        var matcher = Pattern.compile("Git Commit:\\s*(.+)").matcher(said());
        assertThat(matcher.find()).isTrue();
        assertThat(matcher.group(1).strip()).isEqualTo(Versions.build().gitCommit());
    }

    @Test
    void failuresToStartAreOneLineAndExitCode1(@TempDir Path dir) throws Exception {
        var boot = Files.write(dir.resolve("boot"), new byte[8192]);
        assertThat(nydusd("fuse", "-M", dir.toString(), "-B", boot.toString())).isEqualTo(1);
        assertThat(said()).contains("Error: both --config and --localfs-dir are missing");
        output.reset();
        assertThat(
                        nydusd(
                                "fuse",
                                "-M",
                                dir.toString(),
                                "-B",
                                boot.toString(),
                                "-D",
                                dir.toString()))
                .isEqualTo(1);
        assertThat(said()).contains("Error: ").contains(boot.toString());
        output.reset();
        assertThat(nydusd("fuse", "-M", dir.toString(), "-B", boot.toString(), "-C", "/nowhere"))
                .isEqualTo(1);
        assertThat(said()).contains("cannot read /nowhere");
    }

    @Test
    void nydusctlSaysWhatIsMissing() throws Exception {
        try (var stream = new PrintStream(output, true, StandardCharsets.UTF_8)) {
            var context = ProgramContext.forTest(stream, stream, Map.of());
            assertThat(new NydusctlProgram().run(context, List.of("info"))).isEqualTo(2);
            assertThat(said()).contains("--sock");
            output.reset();
            assertThat(
                            new NydusctlProgram()
                                    .run(context, List.of("-S", "/nowhere/api.sock", "info")))
                    .isEqualTo(1);
            assertThat(said()).contains("Error: cannot connect to /nowhere/api.sock");
        }
    }
}
