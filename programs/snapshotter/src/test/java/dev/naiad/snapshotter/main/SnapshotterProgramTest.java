package dev.naiad.snapshotter.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Command line and configuration, up to the point where sockets would open. */
final class SnapshotterProgramTest {
    @TempDir Path dir;

    private record Result(int code, String out, String err) {}

    private static Result run(String... args) throws Exception {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        try (var outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
                var errStream = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            int code =
                    new SnapshotterProgram()
                            .run(
                                    ProgramContext.forTest(outStream, errStream, Map.of()),
                                    List.of(args));
            return new Result(
                    code,
                    out.toString(StandardCharsets.UTF_8),
                    err.toString(StandardCharsets.UTF_8));
        }
    }

    private Result configured(String toml) throws Exception {
        Path file = dir.resolve("config.toml");
        Files.writeString(file, toml);
        return run("--config", file.toString(), "--root", dir.resolve("r").toString());
    }

    @Test
    void theVersionHasFourLabelledLines() throws Exception {
        Result result = run("--version");
        assertThat(result.code()).isZero();
        assertThat(result.out().lines().map(line -> line.replaceFirst(":.*", "")))
                .containsExactly("Version", "Revision", "Go version", "Build time");
        assertThat(result.out()).startsWith("Version:     v");
    }

    @Test
    void helpNamesEveryFlag() throws Exception {
        Result result = run("--help");
        assertThat(result.code()).isZero();
        assertThat(result.out())
                .contains(
                        "--root",
                        "--address",
                        "--config",
                        "--nydusd",
                        "--nydus-image",
                        "--nydusd-config")
                .contains(
                        "--daemon-mode",
                        "--fs-driver",
                        "--log-level",
                        "--log-to-stdout",
                        "--nydus-overlayfs-path");
    }

    @Test
    void anUnknownFlagEndsWithUsageAndOneFatalLine() throws Exception {
        Result result = run("--nope");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err())
                .contains("Incorrect Usage: flag provided but not defined: -nope")
                .containsPattern(
                        "time=\"\\S+Z\" level=fatal msg=\"failed to start nydus-snapshotter\" error=\"flag provided but not defined: -nope\"");
    }

    @Test
    void mistakesInTheFileAreToldInTheOriginalsWords() throws Exception {
        assertThat(configured("").err()).contains("unsupported configuration version 0");
        assertThat(configured("version = 2\n").err())
                .contains("unsupported configuration version 2");
        assertThat(configured("version = 1\ndaemon_mode = \"foo\"\n").err())
                .contains("failed to process configurations: invalid daemon mode \\\"foo\\\"");
        assertThat(configured("version = 1\n[daemon]\nfs_driver = \"foo\"\n").err())
                .contains(
                        "failed to validate configurations: invalid filesystem driver \\\"foo\\\"");
        assertThat(configured("version = 1\n[daemon]\nrecover_policy = \"x\"\n").err())
                .contains("invalid recover policy \\\"x\\\"");
        assertThat(configured("version = 1\n[daemon]\nthreads_number = 1025\n").err())
                .contains("nydusd worker thread number 1025 is too big, max 1024");
        assertThat(configured("version = 1\n[remote.mirrors_config]\ndir = \"/nope\"\n").err())
                .contains("mirrors config directory /nope does not exist");
        assertThat(
                        configured(
                                        "version = 1\n[remote.auth]\nenable_cri_keychain = true\nenable_kubeconfig_keychain = true\n")
                                .err())
                .contains("can't be set at the same time: invalid argument");
        assertThat(configured("version = 1\n[log]\nlevel = \"foo\"\n").err())
                .contains("failed to setup logger: not a valid logrus Level: \\\"foo\\\"");
        assertThat(configured("version = 1\n[daemon]\nfs_driver = \"fscache\"\n").err())
                .contains("\\\"fscache\\\" is not served by Naiad");
        assertThat(configured("version = 1\nunknown = 1\n[unknown_table]\nx = 1\n").err())
                .doesNotContain("unknown");
    }

    @Test
    void aMissingTemplateIsNamed() throws Exception {
        Result result =
                run(
                        "--root",
                        dir.resolve("r").toString(),
                        "--config-path=/nope",
                        "--address",
                        dir.resolve("s").toString());
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err())
                .contains(
                        "load daemon configuration: read FUSE configuration file /nope: open /nope: no such file or directory");
        assertThat(dir.resolve("r/logs/nydus-snapshotter.log"))
                .content()
                .contains("level=info msg=\"Start nydus-snapshotter. Version: ")
                .contains("level=fatal");
    }

    @Test
    void zeroValuesInTheFileTakeTheDefaultsAndFlagsWin() throws Exception {
        Path file = dir.resolve("config.toml");
        Files.writeString(
                file,
                "version = 1\nroot = \"\"\n[daemon]\nlog_rotation_size = 0\n[log]\nlevel = \"debug\"\nlog_to_stdout = true\n");
        var spec = dev.naiad.snapshotter.config.SnapshotterFlags.spec("v");
        var line =
                spec.parseLine(
                        List.of(
                                "-config",
                                file.toString(),
                                "--log-level=warn",
                                "--log-to-stdout=false"),
                        Map.of());
        var config =
                dev.naiad.snapshotter.config.SnapshotterConfig.load(
                        line, Map.of("PATH", "/nonexistent"));
        assertThat(config.root()).isEqualTo(Path.of("/var/lib/containerd-nydus"));
        assertThat(config.address())
                .isEqualTo(Path.of("/run/containerd-nydus/containerd-nydus-grpc.sock"));
        assertThat(config.daemon().logRotationSizeMb()).isEqualTo(100);
        assertThat(config.daemon().nydusd()).isEmpty();
        assertThat(config.log().level()).isEqualTo("warn");
        assertThat(config.log().toStdout()).isFalse();
        assertThat(config.cacheDir()).isEqualTo(Path.of("/var/lib/containerd-nydus/cache"));
        assertThat(config.shared()).isFalse();
    }
}
