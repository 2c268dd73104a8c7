package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What scripts rely on, whatever the command: exit codes, where output goes, the JSON. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CommandContractTest {
    private static final String[] COMMANDS = {
        "create", "merge", "check", "inspect", "stat", "unpack", "compact", "export", "optimize"
    };

    private final ImageTool tool = new ImageTool();
    private Path image = Path.of("/");

    @BeforeEach
    void image() throws Exception {
        tool.write("a/file", noise(1, 20_000));
        tool.write("b/other", noise(2, 20_000));
        image = tool.merged("6", "image", List.of("a", "b"));
    }

    @AfterEach
    void clean() {
        tool.close();
    }

    private static void assertResult(ConfigNode json, String version, String compressor) {
        assertThat(json.entries().keySet())
                .containsExactly(
                        "version",
                        "bootstrap",
                        "blobs",
                        "external_bootstrap",
                        "external_blobs",
                        "trace",
                        "fs_version",
                        "compressor");
        assertThat(json.get("version").text()).matches("v?[0-9]+\\.[0-9]+.*-.+");
        assertThat(json.get("external_bootstrap").text()).isEmpty();
        assertThat(json.get("external_blobs").items()).isEmpty();
        assertThat(json.get("trace").entries().keySet())
                .containsExactly("consumed_time", "registered_events");
        assertThat(json.get("fs_version").text()).isEqualTo(version);
        assertThat(json.get("compressor").text()).isEqualTo(compressor);
    }

    @Test
    void theResultOfCreateTellsWhoBuiltAndHowMuch() throws Exception {
        var json = tool.path("events.json");

        tool.run("create", "-D", tool.path("d"), "-B", tool.path("m"), "-J", json, tool.path("a"))
                .succeeded();

        var events = JsonReader.read(json).get("trace").get("registered_events");
        assertThat(events.entries().keySet())
                .containsExactly(
                        "blob_uncompressed_size",
                        "dedup_chunks",
                        "dedup_uncompressed_size",
                        "egid",
                        "euid",
                        "load_from_directory");
        assertThat(events.get("euid").text())
                .isEqualTo(String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid")));
        try (var entries = Files.walk(tool.path("a"))) {
            assertThat(events.get("load_from_directory").text())
                    .isEqualTo(String.valueOf(entries.count()));
        }
    }

    @Test
    void everyCommandThatMakesAnImageWritesTheSameJsonIndentedByTwo() throws Exception {
        tool.write(
                "files.json",
                "{\"version\":\"v1\",\"files\":[{\"path\":\"/file\",\"ranges\":null}]}");
        var json = tool.path("out.json");
        var runs =
                List.<List<Object>>of(
                        List.of(
                                "create",
                                "-D",
                                tool.path("d"),
                                "-B",
                                tool.path("m"),
                                tool.path("a")),
                        List.of("merge", "-B", tool.path("m"), image),
                        List.of(
                                "compact",
                                "-B",
                                image,
                                "-D",
                                tool.path("blobs"),
                                "-O",
                                tool.path("m")),
                        List.of(
                                "optimize",
                                "-B",
                                image,
                                "-D",
                                tool.path("blobs"),
                                "--output-blob-dir",
                                tool.path("d"),
                                "-p",
                                tool.path("files.json"),
                                "-O",
                                tool.path("m")),
                        List.of("chunkdict", "generate", "-B", tool.path("m"), image));
        for (var run : runs) {
            Files.deleteIfExists(json);
            var args = new ArrayList<>(run);
            // compat: options may follow the positionals.
            args.addAll(List.of("--output-json", json));
            if (run.getFirst().equals("merge")) {
                args.addAll(List.of("--original-blob-ids", "0"));
                continueMerge(args, json);
                continue;
            }
            tool.run(args.toArray()).succeeded();
            assertThat(Files.readString(json)).as("%s", run).startsWith("{\n  \"version\": \"");
            var node = JsonReader.read(json);
            assertResult(node, "6", "zstd");
            assertThat(node.get("bootstrap").text()).isEqualTo(tool.path("m").toString());
            assertThat(ImageTool.texts(node.get("blobs")))
                    .as("%s", run)
                    .isEqualTo(
                            ImageTool.blobs(tool.path("m")).stream()
                                    .map(blob -> blob.id())
                                    .toList());
        }
    }

    /** A merged image has two blobs: as a layer it would have to have one. */
    private void continueMerge(List<Object> args, Path json) throws Exception {
        tool.run(args.toArray()).failed("multiple associated data blobs");
        assertThat(json).doesNotExist();
        var layers = tool.names("layers").stream().map(tool.path("layers")::resolve).toList();
        var merge = new ArrayList<Object>(List.of("merge", "-B", tool.path("m")));
        merge.addAll(layers);
        merge.addAll(List.of("-J", json));
        tool.run(merge.toArray()).succeeded();
        assertThat(Files.readString(json)).startsWith("{\n  \"version\": \"");
        assertResult(JsonReader.read(json), "6", "zstd");
    }

    @Test
    void checkWritesItsJsonOnOneLine() throws Exception {
        tool.run("check", image, "-J", tool.path("j")).succeeded();
        assertThat(Files.readAllLines(tool.path("j"))).hasSize(1);
        var node = JsonReader.read(tool.path("j"));
        assertResult(node, "6", "zstd");
        assertThat(node.get("bootstrap").text()).isEqualTo(image.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "lz4_block", "zstd"})
    void theCompressorIsNamedInLowerCase(String compressor) throws Exception {
        for (String version : List.of("5", "6")) {
            tool.create(version, "a", "--compressor", compressor, "-J", tool.path("j"));
            assertResult(JsonReader.read(tool.path("j")), version, compressor);
        }
    }

    @Test
    void wrongUsageEndsWithTwoAndSaysSoOnStandardError() throws Exception {
        for (String command : COMMANDS) {
            var typo = tool.run(command, "--no-such-option");
            typo.misused("--no-such-option");
            assertThat(typo.out()).as(command).isEmpty();
        }
        tool.run("chunkdict", "generate", "--no-such-option").misused("--no-such-option");
        tool.run("no-such-command").misused("no-such-command");
        tool.run("check", image, "-l", "loud").misused("loud");
        tool.run("create", "-v", "6", "-v", "5", "-D", "d", tool.path("a")).misused("fs-version");
        tool.run("check", image, image).misused();
    }

    @Test
    void helpGoesToStandardOutputAndEndsWithZero() throws Exception {
        for (String command : COMMANDS) {
            var help = tool.run(command, "--help").succeeded();
            assertThat(help.out()).as(command).contains("Usage:", command);
            assertThat(help.err()).isEmpty();
            assertThat(tool.run(command, "-h").succeeded().out()).isNotEmpty();
        }
        assertThat(tool.run("chunkdict", "generate", "-h").succeeded().out())
                .contains("--database");
        assertThat(tool.run().succeeded().out()).contains(COMMANDS).contains("chunkdict");
        assertThat(tool.run("chunkdict").succeeded().out()).contains("generate");
        assertThat(tool.run("-V").succeeded().out()).containsPattern("Version:\\s*(v.*)");
    }

    @Test
    void failuresEndWithOneNameTheFileAndLeaveStandardOutputEmpty() throws Exception {
        var none = tool.path("nowhere");
        var junk = tool.write("junk", "neither bootstrap nor archive ".repeat(100));
        for (var bad : List.of(none, junk)) {
            var runs =
                    List.<List<Object>>of(
                            List.of("merge", bad, "-B", tool.path("m")),
                            List.of("check", bad),
                            List.of("inspect", "-R", "blobs", bad),
                            List.of("stat", "-B", bad),
                            List.of(
                                    "unpack",
                                    bad,
                                    "-D",
                                    tool.path("blobs"),
                                    "--output",
                                    tool.path("t")),
                            List.of(
                                    "compact",
                                    "-B",
                                    bad,
                                    "-D",
                                    tool.path("blobs"),
                                    "-O",
                                    tool.path("m")),
                            List.of(
                                    "export",
                                    "--block",
                                    "-B",
                                    bad,
                                    "-D",
                                    tool.path("blobs"),
                                    "-O",
                                    tool.path("m")),
                            List.of("chunkdict", "generate", bad, "-B", tool.path("m")),
                            List.of(
                                    "create",
                                    "--type",
                                    "tar-rafs",
                                    "-D",
                                    tool.path("d"),
                                    "-B",
                                    tool.path("m"),
                                    bad),
                            List.of(
                                    "create",
                                    "-D",
                                    tool.path("d"),
                                    "-B",
                                    tool.path("m"),
                                    "--chunk-dict",
                                    bad,
                                    tool.path("a")));
            for (var run : runs) {
                var result = tool.run(run.toArray());
                assertThat(result.code()).as("%s: %s", run, result.err()).isEqualTo(1);
                assertThat(result.err())
                        .as("%s", run)
                        .contains("Error: ", bad.getFileName().toString())
                        .doesNotContain("\tat ");
                assertThat(result.out()).as("%s", run).isEmpty();
            }
            assertThat(tool.path("m")).doesNotExist();
            assertThat(tool.path("t")).doesNotExist();
            assertThat(tool.names("d")).isEmpty();
        }
    }

    @Test
    void causesAreListedBelowTheErrorAndNumberedWhereThereAreSeveral() throws Exception {
        var result =
                tool.run("unpack", image, "-D", tool.path("blobs"), "--output", tool.path("no/x"));
        result.failed("no/x");
        assertThat(result.err().lines().filter(line -> line.startsWith("Error: "))).hasSize(1);
    }

    @Test
    void layersThatDoNotFitTogetherEndWithTwoAndAnErrorLine() throws Exception {
        var one = tool.create("6", "a");
        var others =
                List.of(
                        List.<Object>of("-v", "5"),
                        List.<Object>of("--chunk-size", "0x200000"),
                        List.<Object>of("--repeatable"));
        for (var options : others) {
            var args = new ArrayList<Object>(List.of("create", "-D", tool.path("d")));
            args.addAll(List.of("-B", tool.path("two")));
            args.addAll(options);
            args.add(tool.path("b"));
            tool.run(args.toArray()).succeeded();
            var merged = tool.run("merge", one, tool.path("two"), "-B", tool.path("m"));
            assertThat(merged.code()).as("%s", options).isEqualTo(2);
            assertThat(merged.err()).contains("ERROR", "message:");
            assertThat(tool.path("m")).doesNotExist();
        }
        // The digester counts in v5 only.
        var five = tool.create("5", "a");
        tool.run(
                        "create",
                        "-v",
                        5,
                        "--digester",
                        "sha256",
                        "-D",
                        tool.path("d"),
                        "-B",
                        tool.path("two"),
                        tool.path("b"))
                .succeeded();
        assertThat(tool.run("merge", five, tool.path("two"), "-B", tool.path("m")).code())
                .isEqualTo(2);
        one = tool.create("6", "a");
        tool.run(
                        "create",
                        "--digester",
                        "sha256",
                        "-D",
                        tool.path("d"),
                        "-B",
                        tool.path("two"),
                        tool.path("b"))
                .succeeded();
        tool.run("merge", one, tool.path("two"), "-B", tool.path("m")).succeeded();
    }

    @Test
    void logsGoToStandardErrorOrToTheFileThatIsNamed() throws Exception {
        var loud = tool.run("create", "-D", tool.path("d"), "-B", tool.path("m"), tool.path("a"));
        loud.succeeded();
        assertThat(loud.out()).isEmpty();
        assertThat(loud.err())
                .containsPattern(
                        "\\[\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6} [+-]\\d\\d:\\d\\d\\] INFO ");
        // Global options stand before the command or behind it.
        var quiet =
                tool.run(
                        "-l",
                        "warn",
                        "create",
                        "-D",
                        tool.path("d"),
                        "-B",
                        tool.path("m"),
                        tool.path("a"));
        assertThat(quiet.succeeded().err()).isEmpty();
        var filed =
                tool.run(
                        "create",
                        "-D",
                        tool.path("d"),
                        "-B",
                        tool.path("m"),
                        tool.path("a"),
                        "--log-file",
                        tool.path("log"));
        assertThat(filed.succeeded().err()).isEmpty();
        assertThat(tool.path("log")).content().contains("Successfully built");
        tool.run("merge", image, "-B", tool.path("m"), "-L", tool.path("log"));
        assertThat(tool.path("log")).content().contains("Successfully built");
    }

    @Test
    void theLevelMayComeFromTheEnvironmentAndALogFileHasToBeWritable() throws Exception {
        Object[] args = {"create", "-D", tool.path("d"), "-B", tool.path("m"), tool.path("a")};
        var quiet = tool.runIn(Map.of("RUST_LOG", "error"), "", args).succeeded();
        assertThat(quiet.err()).isEmpty();
        var other = tool.runIn(Map.of("RUST_LOG", "some::module=debug"), "", args).succeeded();
        assertThat(other.err()).contains("Successfully built");
        tool.run("check", image, "--log-file", tool.path("no/such/log")).failed("no/such/log");
    }

    @Test
    void inputIsReadOnlyWhereAPrefetchPolicyWantsPatterns() throws Exception {
        var result =
                tool.runWith(
                        "/file\nrelative\n/file/below\n",
                        "merge",
                        "-B",
                        tool.path("m"),
                        "--prefetch-policy",
                        "fs",
                        tool.path("layers").resolve(tool.names("layers").getFirst()));
        result.succeeded();
        assertThat(result.err()).contains("relative", "/file/below");
    }
}
