package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.JsonReader;
import dev.naiad.nydusimage.command.NydusImage;
import dev.naiad.nydusimage.main.EmbeddedNydusImage;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.s3.RealS3;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code nydusify build}: the files it makes, their names, and what it refuses. */
@Timeout(120)
class BuildTest {
    @TempDir Path dir = Path.of("/");
    private Path source = Path.of("/");
    private Path output = Path.of("/");

    private record Run(int code, String err) {}

    private interface Command {
        int run(ProgramContext context) throws Exception;
    }

    @BeforeEach
    void tree() throws Exception {
        source = Files.createDirectories(dir.resolve("src"));
        output = dir.resolve("out");
        Files.createDirectories(source.resolve("sub"));
        Files.writeString(source.resolve("hello"), "hello ".repeat(500_000));
        Files.writeString(source.resolve("sub/world"), "world");
        Files.createSymbolicLink(source.resolve("link"), Path.of("sub/world"));
    }

    private static Run run(Command command) throws Exception {
        var err = new ByteArrayOutputStream();
        var context =
                ProgramContext.forTest(
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of());
        int code = command.run(context);
        return new Run(code, err.toString(StandardCharsets.UTF_8));
    }

    private Run build(String... more) throws Exception {
        var args =
                new ArrayList<>(
                        List.of(
                                "build",
                                "--source-dir",
                                source.toString(),
                                "-o",
                                output.toString()));
        args.addAll(List.of(more));
        return run(context -> Nydusify.run(context, new EmbeddedNydusImage(), args));
    }

    private List<String> built() throws Exception {
        try (var files = Files.list(output)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void filesAreThoseOfNydusImageAndUnpackToTheTree() throws Exception {
        Run run = build("--name", "app");
        assertThat(run.code()).as(run.err()).isZero();
        Path meta = output.resolve("app.meta");
        Path blob = output.resolve("app.blob");
        assertThat(run.err())
                .contains(
                        "successfully built Nydus image (bootstrap:'" + meta + "', blob:'" + blob);
        assertThat(built()).containsExactly("app.blob", "app.meta", "output.json");
        var json = JsonReader.read(output.resolve("output.json"));
        assertThat(json.get("bootstrap").text()).isEqualTo(meta.toString());

        List<String> create =
                List.of(
                        "create",
                        "--bootstrap",
                        dir.resolve("boot").toString(),
                        "--blob",
                        dir.resolve("blob").toString(),
                        source.toString());
        assertThat(run(context -> NydusImage.run(context, create)).code()).isZero();
        assertThat(meta).hasSameBinaryContentAs(dir.resolve("boot"));
        assertThat(blob).hasSameBinaryContentAs(dir.resolve("blob"));

        Requires.commands("tar");
        Path tar = dir.resolve("tree.tar");
        List<String> unpack =
                List.of(
                        "unpack",
                        "--blob",
                        blob.toString(),
                        "--output",
                        tar.toString(),
                        meta.toString());
        Run unpacked = run(context -> NydusImage.run(context, unpack));
        assertThat(unpacked.code()).as(unpacked.err()).isZero();
        Path tree = Files.createDirectories(dir.resolve("tree"));
        Commands.run("tar", "-C", tree.toString(), "-xf", tar.toString()).orFail();
        assertThat(tree.resolve("hello")).hasSameBinaryContentAs(source.resolve("hello"));
        assertThat(Files.readSymbolicLink(tree.resolve("link"))).hasToString("sub/world");
        assertThat(tree.resolve("sub/world")).hasContent("world");
    }

    @Test
    void optionsReachTheBuilderAndPackIsAnotherName() throws Exception {
        Run run =
                run(
                        context ->
                                Nydusify.run(
                                        context,
                                        new EmbeddedNydusImage(),
                                        List.of(
                                                "pack",
                                                "--target-dir",
                                                source.toString(),
                                                "--output-dir",
                                                output.toString(),
                                                "--meta",
                                                "app",
                                                "--fs-version",
                                                "5",
                                                "--compressor",
                                                "lz4_block",
                                                "--chunk-size",
                                                "0x1000")));
        assertThat(run.code()).as(run.err()).isZero();
        var json = JsonReader.read(output.resolve("output.json"));
        assertThat(json.get("fs_version").text()).isEqualTo("5");
        assertThat(json.get("compressor").text()).isEqualTo("lz4_block");
    }

    @ParameterizedTest
    @CsvSource({"app,app.meta,app.blob", "app.boot,app.boot,app.blob", "a.b.c,a.b.c,a.b.blob"})
    void namesKeepTheirExtension(String name, String bootstrap, String blob) throws Exception {
        assertThat(build("--name", name).code()).isZero();
        assertThat(built()).contains(bootstrap, blob).hasSize(3);
    }

    @Test
    void treeWithoutDataHasNoBlob() throws Exception {
        source = Files.createDirectories(dir.resolve("empty"));
        Run run = build("--name", "app");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("blob:'')");
        assertThat(built()).containsExactly("app.meta", "output.json");
    }

    @Test
    void chunksOfTheDictionaryAreNotStoredAgain() throws Exception {
        assertThat(build("--name", "app").code()).isZero();
        Path blob = output.resolve("app.blob");
        Run run =
                build("--name", "copy", "--chunk-dict", "bootstrap=" + output.resolve("app.meta"));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("blob:'')");
        assertThat(output.resolve("copy.blob")).doesNotExist();
        var blobs = JsonReader.read(output.resolve("output.json")).get("blobs").items();
        assertThat(blobs.getFirst().text())
                .isEqualTo(Digest.sha256Of(Files.readAllBytes(blob)).hex());
    }

    @Test
    void badPlacesAreNamed() throws Exception {
        assertThat(build("--name", "../app").err()).contains("is not a name of a file");
        assertThat(build("--name", "app.blob").err()).contains("is the name of the blob");
        output = source.resolve("out");
        assertThat(build("--name", "app").err()).contains("lies in --source-dir");
        source = dir.resolve("missing");
        Run run = build("--name", "app");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("--source-dir " + source + " is not a directory");
    }

    @Test
    void failureLeavesNeitherBlobNorBootstrap() throws Exception {
        Run run = build("--name", "app", "--chunk-size", "12345");
        assertThat(run.code()).isEqualTo(1);
        assertThat(built()).isEmpty();
    }

    private String unpacked(Path bootstrap, String... where) throws Exception {
        Path tar = dir.resolve("unpacked.tar");
        var args =
                new ArrayList<>(List.of("unpack", "--bootstrap=" + bootstrap, "--output=" + tar));
        args.addAll(List.of(where));
        Run run = run(context -> NydusImage.run(context, args));
        assertThat(run.code()).as(run.err()).isZero();
        return Commands.run("tar", "-tf", tar.toString()).orFail().output();
    }

    @Test
    void imagesUponEachOtherArePushedToS3() throws Exception {
        try (var s3 = RealS3.start()) {
            String config =
                    s3.config("unused/")
                            .replaceFirst(
                                    "[{]", "{\"meta_prefix\":\"meta/\",\"blob_prefix\":\"blob/\",");
            String[] push = {
                "--backend-push", "--backend-type", "s3", "--backend-config", config, "--name"
            };
            Run base = build(with(push, "base"));
            assertThat(base.code()).as(base.err()).isZero();
            assertThat(base.err()).contains("/" + RealS3.BUCKET + "/meta/base.meta'");
            Files.writeString(source.resolve("more"), "more");
            Files.writeString(source.resolve("hello"), "other ".repeat(100_000));
            Run upper =
                    build(with(push, "upper", "--parent-bootstrap=" + output.resolve("base.meta")));
            assertThat(upper.code()).as(upper.err()).isZero();
            assertThat(s3.objects().keySet())
                    .hasSize(4)
                    .contains("meta/base.meta", "meta/upper.meta")
                    .filteredOn(key -> key.startsWith("blob/"))
                    .hasSize(2);
            assertThat(upper.err()).contains("is in the backend already");
            String files =
                    unpacked(
                            output.resolve("upper.meta"),
                            "--backend-type=s3",
                            "--backend-config=" + s3.config("blob/"));
            assertThat(files.lines()).contains("more", "hello", "sub/world");
        }
    }

    @Test
    void aParentIsCompactedFirst() throws Exception {
        String[] backend = {
            "--backend-type",
            "localfs",
            "--backend-config",
            "{\"dir\":\"" + output + "\"}",
            "--backend-push"
        };
        assertThat(build(with(backend, "--name=one")).code()).isZero();
        Files.writeString(source.resolve("hello"), "other ".repeat(100_000));
        Path one = output.resolve("one.meta");
        assertThat(build(with(backend, "--name=two", "--parent-bootstrap=" + one)).code()).isZero();
        Files.writeString(source.resolve("third"), "third");
        Path settings =
                Files.writeString(dir.resolve("compact.json"), "{\"layers_to_compact\":\"0\"}");
        Run run =
                build(
                        with(
                                backend,
                                "--name=three",
                                "--parent-bootstrap=" + output.resolve("two.meta"),
                                "--compact",
                                "--compact-config-file=" + settings));
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(output.resolve("two.meta.compact")).isNotEmptyFile();
        assertThat(unpacked(output.resolve("three.meta"), "--blob-dir=" + output).lines())
                .contains("third", "hello", "sub/world");
        assertThat(built()).noneMatch(name -> name.startsWith("nydusify-"));
    }

    @Test
    void whatIsMissingIsNamed() throws Exception {
        assertThat(build("--name=x", "--backend-push").err())
                .contains("--backend-type needs --backend-config");
        assertThat(build("--name=x", "--compact").err()).contains("--compact needs --parent");
        assertThat(build("--name=x", "--parent-bootstrap=/nowhere").err()).contains("/nowhere");
    }

    private static String[] with(String[] args, String... more) {
        return Stream.concat(Stream.of(args), Stream.of(more)).toArray(String[]::new);
    }
}
