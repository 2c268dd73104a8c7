package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.time.Ticker;
import dev.naiad.nydusimage.main.NydusImageProgram;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The command line as its callers use it: arguments, exit codes, standard output, files. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NydusImageTest {
    private record Result(int code, String out, String err) {}

    private ShortTempDir temp = ShortTempDir.create();

    @BeforeEach
    void sources() throws IOException {
        Files.createDirectories(temp.resolve("src/sub"));
        Files.writeString(temp.resolve("src/hello"), "hello ".repeat(1000));
        Files.writeString(temp.resolve("src/sub/world"), "world");
        Requires.commands("tar");
        Commands.run(
                        "tar",
                        "-C",
                        temp.resolve("src").toString(),
                        "-cf",
                        temp.resolve("src.tar").toString(),
                        ".")
                .orFail();
    }

    @AfterEach
    void clean() {
        temp.close();
    }

    private Result run(String input, Object... args) throws Exception {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var test =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of());
        var context =
                new ProgramContext(
                        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                        test.out(),
                        test.err(),
                        Map.of(),
                        InstantSource.system(),
                        Ticker.system(),
                        test.stop());
        int code =
                new NydusImageProgram()
                        .run(context, Arrays.stream(args).map(Object::toString).toList());
        return new Result(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private Path path(String name) {
        return temp.resolve(name);
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    @Test
    void versionAndHelpHoldWhatConvertersLookFor() throws Exception {
        var version = run("", "--version");
        assertThat(version.code).isZero();
        assertThat(version.out).containsPattern("Version:\\s*(v.*)");
        var help = run("", "create", "-h");
        assertThat(help.code).isZero();
        assertThat(help.out).contains("--type", "tar-rafs", "--batch-size", "--encrypt");
        assertThat(run("").code).isZero();
    }

    @Test
    void aLayerIsCreatedExtractedMergedAndChecked() throws Exception {
        var created =
                run(
                        "/\n",
                        "create",
                        "--log-level",
                        "warn",
                        "--prefetch-policy",
                        "fs",
                        "--blob",
                        path("blob"),
                        "--whiteout-spec",
                        "none",
                        "--fs-version",
                        "6",
                        "--type",
                        "tar-rafs",
                        "--blob-inline-meta",
                        "--features",
                        "blob-toc",
                        "--compressor",
                        "zstd",
                        "--chunk-size",
                        "0x100000",
                        path("src.tar"));
        assertThat(created.err).isEmpty();
        assertThat(created.code).isZero();
        String id = sha256(path("blob"));
        byte[] boot =
                BlobReader.inlinedBootstrap(
                        ByteSource.of(
                                "blob", MemorySegment.ofArray(Files.readAllBytes(path("blob")))));
        Files.write(path(id), boot);
        var merged =
                run(
                        "/",
                        "merge",
                        "--log-level",
                        "warn",
                        "--prefetch-policy",
                        "fs",
                        "--output-json",
                        path("out.json"),
                        "--bootstrap",
                        path("merged.boot"),
                        path(id));
        assertThat(merged.err).isEmpty();
        assertThat(merged.code).isZero();
        var json = JsonReader.read(path("out.json"));
        assertThat(json.get("blobs").items()).hasSize(1);
        assertThat(json.get("blobs").items().getFirst().text()).isEqualTo(id);
        assertThat(json.get("fs_version").text()).isEqualTo("6");
        assertThat(json.get("compressor").text()).isEqualTo("zstd");
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
        var checked = run("", "check", path("merged.boot"));
        assertThat(checked.code).isZero();
        assertThat(checked.out)
                .contains(
                        "RAFS filesystem metadata is valid",
                        "\t 0: " + id + ", compressed size ",
                        "chunk count: 2, features: aligned cap_toc chunk-digest tar-header toc");
        var verbose = run("", "check", "-v", "-B", path("merged.boot"));
        assertThat(verbose.out).contains("inode: file \"/hello\"", "chunk: id ");
    }

    @Test
    void sourceAndBlobMayBePipes() throws Exception {
        Requires.commands("mkfifo");
        Commands.run("mkfifo", path("in").toString(), path("out").toString()).orFail();
        var feed =
                new FutureTask<>(
                        () -> {
                            try (var pipe = Files.newOutputStream(path("in"))) {
                                return Files.copy(path("src.tar"), pipe);
                            }
                        });
        var drain =
                new FutureTask<>(
                        () -> {
                            try (var pipe = Files.newInputStream(path("out"))) {
                                return pipe.readAllBytes();
                            }
                        });
        for (var task : List.of(feed, drain)) {
            Thread.ofPlatform().daemon().start(task);
        }
        var piped =
                run(
                        "",
                        "create",
                        "--type",
                        "tar-rafs",
                        "--blob-inline-meta",
                        "--blob",
                        path("out"),
                        path("in"));
        assertThat(piped.code).as(piped.err).isZero();
        var direct =
                run(
                        "",
                        "create",
                        "--type",
                        "tar-rafs",
                        "--blob-inline-meta",
                        "--blob",
                        path("blob"),
                        path("src.tar"));
        assertThat(direct.code).isZero();
        assertThat(drain.get(60, TimeUnit.SECONDS)).isEqualTo(Files.readAllBytes(path("blob")));
    }

    @Test
    void aBlobDirectoryGetsTheBlobUnderItsDigest() throws Exception {
        var created =
                run(
                        "",
                        "create",
                        "-D",
                        path("blobs"),
                        "-B",
                        path("boot"),
                        "-J",
                        path("json"),
                        path("src"));
        assertThat(created.code).as(created.err).isZero();
        String id = JsonReader.read(path("json")).get("blobs").items().getFirst().text();
        assertThat(sha256(path("blobs").resolve(id))).isEqualTo(id);
        try (var files = Files.list(path("blobs"))) {
            assertThat(files.toList()).hasSize(1);
        }
        assertThat(created.err).contains("Successfully built RAFS filesystem");
    }

    @Test
    void mistakesNameWhatIsWrong() throws Exception {
        assertThat(run("", "create", "--typo", path("src")).code).isEqualTo(2);
        assertThat(run("", "create", "--type", "tar-rafs", path("src.tar")).code).isEqualTo(2);
        var missing =
                run(
                        "",
                        "create",
                        "--type",
                        "tar-rafs",
                        "--blob",
                        path("b"),
                        "-B",
                        path("m"),
                        path("nothing"));
        assertThat(missing.code).isEqualTo(1);
        assertThat(missing.err).contains("Error: ").contains("nothing");
        var directory =
                run(
                        "",
                        "create",
                        "--type",
                        "tar-rafs",
                        "--blob",
                        path("b"),
                        "-B",
                        path("m"),
                        path("src"));
        assertThat(directory.code).isEqualTo(1);
        assertThat(directory.err).contains("dir-rafs");
        var none = run("", "check", path("src.tar"));
        assertThat(none.code).isEqualTo(1);
        assertThat(none.err).contains("src.tar").contains("magic");
        Files.writeString(path("broken.tar"), "no archive ".repeat(100));
        var broken =
                run(
                        "",
                        "create",
                        "--type",
                        "tar-rafs",
                        "-D",
                        path("dir"),
                        "-B",
                        path("m"),
                        path("broken.tar"));
        assertThat(broken.code).isEqualTo(1);
        assertThat(broken.err).contains("broken.tar at offset 0");
        try (var files = Files.list(path("dir"))) {
            assertThat(files.toList()).isEmpty();
        }
    }

    @Test
    void inconsistentLayersExitWithTwo() throws Exception {
        assertThat(run("", "create", "-D", path("d"), "-B", path("one"), path("src")).code)
                .isZero();
        assertThat(
                        run(
                                        "",
                                        "create",
                                        "-D",
                                        path("d"),
                                        "-B",
                                        path("two"),
                                        "--chunk-size",
                                        "0x200000",
                                        path("src"))
                                .code)
                .isZero();
        var merged = run("", "merge", "-B", path("m"), path("one"), path("two"));
        assertThat(merged.code).isEqualTo(2);
        assertThat(merged.err).contains("chunk size");
        assertThat(run("", "merge", "-B", path("m"), "--blob-sizes", "x", path("one")).code)
                .isEqualTo(1);
    }

    @Test
    void requestsToInspectAnswerInJsonAndNothingElse() throws Exception {
        assertThat(
                        run(
                                        "/hello\n",
                                        "create",
                                        "-D",
                                        path("d"),
                                        "-B",
                                        path("boot"),
                                        "--prefetch-policy",
                                        "fs",
                                        path("src"))
                                .code)
                .isZero();
        var blobs = run("", "inspect", "-R", "blobs", path("boot"));
        assertThat(blobs.err).isEmpty();
        assertThat(blobs.out).startsWith("[{\"blob_id\":\"").endsWith("}]");
        var list = JsonReader.parse("blobs", blobs.out).items();
        assertThat(list).hasSize(1);
        assertThat(list.getFirst().entries().keySet())
                .containsExactly(
                        "blob_id",
                        "compressed_size",
                        "decompressed_size",
                        "readahead_offset",
                        "readahead_size");
        // compat: the snapshotter passes option and request as one word.
        assertThat(run("", "inspect", "-R blobs", path("boot")).out).isEqualTo(blobs.out);
        assertThat(run("", "inspect", "-R", "prefetch", path("boot")).out)
                .contains("\"path\":[\"/hello\"]");
        assertThat(run("", "inspect", "-R", "stats", path("boot")).out)
                .isEqualTo("{\"inodes_count\":4}");
        assertThat(run("", "inspect", "-R", "nonsense", path("boot")).code).isEqualTo(1);
        var prompt = run("ls\ncd sub\nstat world\ncd nowhere\nstats\n", "inspect", path("boot"));
        assertThat(prompt.code).isZero();
        assertThat(prompt.out)
                .contains(
                        "\"hello\"",
                        "Size:               5",
                        "nowhere is not there",
                        "Inodes Count:       4");
    }

    @Test
    void anImageUnpacksToTheTreeItWasBuiltFrom() throws Exception {
        Files.createLink(path("src/hard"), path("src/hello"));
        Files.createSymbolicLink(
                path("src/" + "long".repeat(40)), Path.of("sub/" + "t".repeat(150)));
        for (String version : List.of("5", "6")) {
            assertThat(
                            run(
                                            "",
                                            "create",
                                            "-v",
                                            version,
                                            "-D",
                                            path("d" + version),
                                            "-B",
                                            path("boot" + version),
                                            path("src"))
                                    .code)
                    .isZero();
            var unpacked =
                    run(
                            "",
                            "unpack",
                            "-D",
                            path("d" + version),
                            "--output",
                            path(version + ".tar"),
                            path("boot" + version));
            assertThat(unpacked.code).as(unpacked.err).isZero();
            var target = Files.createDirectory(path("tree" + version));
            Commands.run("tar", "-C", target.toString(), "-xf", path(version + ".tar").toString())
                    .orFail();
            Commands.run(
                            "diff",
                            "-r",
                            "--no-dereference",
                            path("src").toString(),
                            target.toString())
                    .orFail();
            assertThat(Files.getAttribute(target.resolve("hard"), "unix:ino"))
                    .isEqualTo(Files.getAttribute(target.resolve("hello"), "unix:ino"));
            assertThat(Files.getLastModifiedTime(target.resolve("hello")))
                    .isEqualTo(Files.getLastModifiedTime(path("src/hello")));
        }
        assertThat(run("", "unpack", "--output", path("x.tar"), path("boot6")).code).isEqualTo(1);
    }
}
