package dev.naiad.convert.image;

import static dev.naiad.convert.image.ImageTool.blobs;
import static dev.naiad.convert.image.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.linux.RawPath;
import dev.naiad.linux.Xattrs;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.TestTar;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Known defects of the original builder, each with the behaviour that is right. The numbers are
 * those of the list that was kept of them.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BuilderDefectsTest {
    private final ImageTool tool = new ImageTool();

    @BeforeEach
    void tree() throws IOException {
        tool.write("tree/file", "content");
    }

    @AfterEach
    void clean() {
        tool.close();
    }

    private Path tar(TestTar tar) throws IOException {
        return tool.write("layer.tar", tar.end());
    }

    /** Builds {@code layer.boot} from an archive. */
    private Path build(TestTar tar, Object... more) throws Exception {
        tryBuild(tar, more).succeeded();
        return tool.path("layer.boot");
    }

    private ImageTool.Result tryBuild(TestTar tar, Object... more) throws Exception {
        var args = new ArrayList<Object>(List.of("create", "--type", "tar-rafs"));
        args.addAll(List.of("-D", tool.path("blobs"), "-B", tool.path("layer.boot")));
        args.addAll(List.of(more));
        args.add(tar(tar));
        return tool.run(args.toArray());
    }

    private static Inode at(Path image, String... names) throws IOException {
        var inode = ImageTool.open(image).root();
        for (String name : names) {
            inode = inode.child(name.getBytes(StandardCharsets.UTF_8));
            assertThat(inode).as(name).isNotNull();
        }
        return inode;
    }

    // Number 1.
    @Test
    void aBlobPathAloneIsEnoughForOrdinaryFiles() throws Exception {
        // As nydusify build calls it: no --type, no --blob-dir, no --external-blob.
        tool.run("create", "--blob", tool.path("b"), "-B", tool.path("m"), tool.path("tree"))
                .succeeded();
        tool.run("check", tool.path("m")).succeeded();
    }

    // Number 2.
    @Test
    void missingOutputsAreAUsageErrorAndNoCrash() throws Exception {
        for (String type : List.of("dir-rafs", "tar-rafs", "targz-rafs", "estargz-rafs")) {
            tool.run("create", "--type", type, tool.path("tree")).misused("--blob");
            tool.run("create", "--type", type, "--blob", tool.path("b"), tool.path("tree"))
                    .misused("--bootstrap");
        }
        tool.run("create", "-D", tool.path("d")).misused("SOURCE");
        assertThat(tool.path("b")).doesNotExist();
    }

    // Number 2.
    @Test
    void dotDotInAnArchiveStaysInsideTheTree() throws Exception {
        var image = build(new TestTar().file("../../a/../../outside", "x"));
        assertThat(at(image, "outside").type()).isEqualTo(FileType.REGULAR);
    }

    // Number 2.
    @ParameterizedTest
    @CsvSource({
        "--chunk-size, 0x1001",
        "--chunk-size, 0x800",
        "--chunk-size, 0x2000000",
        "--chunk-size, many",
        "--batch-size, 0x1001",
        "--batch-size, many",
        "--fs-version, 7",
        "--compressor, gzip",
        "--digester, md5",
        "--whiteout-spec, aufs",
        "--prefetch-policy, all",
        "--features, unknown",
        "--type, tar-ref",
    })
    void valuesThatAreNotAllowedAreNamed(String option, String value) throws Exception {
        var result =
                tool.run("create", "-D", tool.path("d"), option, value, tool.path("tree"));
        assertThat(result.code()).as(result.err()).isIn(1, 2);
        assertThat(result.err()).doesNotContain("\tat ");
        assertThat(result.err().replace(' ', '-')).contains(option.substring(2));
        assertThat(tool.names("d")).isEmpty();
    }

    // Number 3.
    @Test
    void missingParentsGoWhereTheyBelongWhateverSortsBehindThem() throws Exception {
        var image =
                build(
                        new TestTar()
                                .file("m/z/first", "1")
                                .file("m/a/second", "2")
                                .file("a/third", "3"));
        assertThat(at(image, "m", "a", "second").size()).isEqualTo(1);
        assertThat(at(image, "m", "z", "first").size()).isEqualTo(1);
        assertThat(at(image, "a", "third").size()).isEqualTo(1);
        assertThat(at(image, "m", "z").child("second".getBytes(StandardCharsets.UTF_8))).isNull();
    }

    // Number 4.
    @Test
    void aHardLinkToASymlinkIsTheSameSymlink() throws Exception {
        var image =
                build(new TestTar().file("f", "x").symlink("sym", "f").hardlink("hard", "sym"));
        assertThat(at(image, "hard").type()).isEqualTo(FileType.SYMLINK);
        assertThat(new String(at(image, "hard").symlinkTarget(), StandardCharsets.UTF_8))
                .isEqualTo("f");
    }

    // Number 4.
    @Test
    void aHardLinkBeforeItsTargetIsFound() throws Exception {
        var image = build(new TestTar().hardlink("first", "later").file("later", "text"));
        assertThat(at(image, "first").number()).isEqualTo(at(image, "later").number());
        assertThat(at(image, "first").linkCount()).isEqualTo(2);
    }

    // Number 4.
    @Test
    void aHardLinkToALowerLayersFileIsFoundThere() throws Exception {
        tool.create("6", "tree");
        var image =
                build(
                        new TestTar().hardlink("again", "file"),
                        "--parent-bootstrap",
                        tool.path("tree.boot"));
        assertThat(at(image, "again").size()).isEqualTo(7);
        assertThat(new String(tool.unpacked(image), StandardCharsets.ISO_8859_1))
                .contains("content");
        tryBuild(new TestTar().hardlink("again", "nowhere")).failed("again", "nowhere");
    }

    // Number 5.
    @Test
    void attributesStandInTheOrderOfTheirNames() throws Exception {
        var names = List.of("user.zz", "user.a", "trusted.t", "user.mm", "security.s", "user.b");
        for (String version : List.of("5", "6")) {
            var image = build(attributes(names), "-v", version);
            byte[] first = Files.readAllBytes(image);
            var found =
                    at(image, "f").xattrs().stream()
                            .map(xattr -> new String(xattr.name(), StandardCharsets.UTF_8))
                            .toList();
            assertThat(found).isEqualTo(names.stream().sorted().toList());
            image = build(attributes(names.reversed()), "-v", version);
            assertThat(Files.readAllBytes(image)).isEqualTo(first);
        }
    }

    private static TestTar attributes(List<String> names) {
        var records =
                names.stream().map(name -> "SCHILY.xattr." + name + "=value of " + name).toList();
        return new TestTar().pax('x', records.toArray(String[]::new)).file("f", "x");
    }

    // Number 5.
    @Test
    void attributesThatRafsCannotHoldDoNotFailADirectory() throws Exception {
        var file = RawPath.of(tool.path("tree/file"));
        try {
            Xattrs.set(file, "user.kept", "v".getBytes(StandardCharsets.UTF_8));
        } catch (RuntimeException e) {
            Requires.skip("no user attributes here: " + e.getMessage());
        }
        var image = tool.create("6", "tree");
        assertThat(at(image, "file").hasXattrs()).isTrue();
    }

    // Number 6.
    @Test
    void aBlobInADirectoryGoesByItsDigest() throws Exception {
        tool.write("tree/more", noise(1, 100_000));
        for (var features :
                List.of(
                        List.of("--features", "blob-toc"),
                        List.of("--features", "blob-toc", "--blob-inline-meta"),
                        List.of("--blob-inline-meta"))) {
            var args = new ArrayList<Object>(List.of("create", "-D", tool.path("named")));
            args.addAll(features);
            if (!features.contains("--blob-inline-meta")) {
                args.addAll(List.of("-B", tool.path("named.boot")));
            }
            args.add(tool.path("tree"));
            tool.run(args.toArray()).succeeded();
        }
        assertThat(tool.names("named")).hasSize(3);
        for (String name : tool.names("named")) {
            var content = Files.readAllBytes(tool.path("named").resolve(name));
            var digest = MessageDigest.getInstance("SHA-256").digest(content);
            assertThat(HexFormat.of().formatHex(digest)).isEqualTo(name);
        }
        assertThat(tool.names("named")).contains(blobs(tool.path("named.boot")).getFirst().id());
    }

    // Number 7.
    @Test
    void aReaderThatGoesAwayEndsTheBuild() throws Exception {
        Requires.commands("mkfifo");
        tool.write("tree/large", noise(1, 8 << 20));
        var pipe = tool.path("pipe");
        Commands.run("mkfifo", pipe.toString()).orFail();
        var reader =
                new FutureTask<>(
                        () -> {
                            try (var in = Files.newInputStream(pipe)) {
                                return in.readNBytes(1000).length;
                            }
                        });
        Thread.ofPlatform().daemon().start(reader);
        tool.run("create", "--type", "dir-rafs", "--blob", pipe, "-B", tool.path("m"), tool.path("tree"))
                .failed("cannot write the blob");
        assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo(1000);
        assertThat(tool.path("m")).doesNotExist();
    }

    // Number 8.
    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void markersOfTheLowestLayerVanishInAMerge(String version) throws Exception {
        var tar = new TestTar().file("kept", "x").file(".wh.gone", "").file("d/.wh..wh..opq", "");
        var layer = build(tar, "-v", version, "--whiteout-spec", "none");
        tool.run("merge", layer, "-B", tool.path("merged")).succeeded();
        var root = ImageTool.open(tool.path("merged")).root();
        assertThat(root.child(".wh.gone".getBytes(StandardCharsets.UTF_8))).isNull();
        assertThat(at(tool.path("merged"), "d").child(".wh..wh..opq".getBytes(StandardCharsets.UTF_8)))
                .isNull();
        assertThat(root.child("kept".getBytes(StandardCharsets.UTF_8))).isNotNull();
    }

    // Number 11.
    @Test
    void encryptedAndBatchedImagesUnpackAndAreVerified() throws Exception {
        tool.write("tree/large", noise(1, 50_000));
        for (int i = 0; i < 20; i++) {
            tool.write("tree/small" + i, "small file " + i);
        }
        byte[] plain = tool.unpacked(tool.create("6", "tree", "--chunk-size", "0x10000"));
        for (var options : List.of(List.of("--batch-size", "0x10000"), List.of("--encrypt"))) {
            var args = new ArrayList<Object>(List.of("--chunk-size", "0x10000"));
            args.addAll(options);
            var image = tool.create("6", "tree", args.toArray());
            assertThat(tool.unpacked(image)).as("%s", options).isEqualTo(plain);
            var blob = tool.path("blobs").resolve(blobs(image).getFirst().id());
            byte[] bytes = Files.readAllBytes(blob);
            bytes[100] ^= 1;
            Files.write(blob, bytes);
            tool.run("unpack", image, "-D", tool.path("blobs"), "--output", tool.path("t"))
                    .failed("chunk");
        }
    }

    // Number 12.
    @Test
    void theNumberOfThreadsDoesNotChangeAnExport() throws Exception {
        tool.write("tree/large", noise(1, 3 << 20));
        var image = tool.create("6", "tree", "--chunk-size", "0x10000");
        byte[] first = new byte[0];
        for (int threads : new int[] {1, 2, 32}) {
            tool.run(
                            "export",
                            "--block",
                            "-B",
                            image,
                            "-D",
                            tool.path("blobs"),
                            "--threads",
                            threads,
                            "-O",
                            tool.path("disk"))
                    .succeeded();
            byte[] disk = Files.readAllBytes(tool.path("disk"));
            assertThat(first.length == 0 || Arrays.equals(first, disk)).isTrue();
            first = disk;
        }
        tool.run("export", "--block", "-B", image, "-D", tool.path("blobs"), "--threads", 0)
                .misused("threads");
    }

    // Number 16.
    @Test
    void encryptionIsRefusedForV5() throws Exception {
        var result =
                tool.run("create", "--encrypt", "-v", 5, "-D", tool.path("d"), tool.path("tree"));
        assertThat(result.code()).as(result.err()).isIn(1, 2);
        assertThat(result.err()).contains("encrypt").doesNotContain("\tat ");
        assertThat(tool.names("d")).isEmpty();
    }

    // Number 18.
    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void nanosecondsOfPaxTimesAreKept(String version) throws Exception {
        var image =
                build(
                        new TestTar().pax('x', "mtime=1700000000.123456789").file("f", "x"),
                        "-v",
                        version);
        assertThat(at(image, "f").mtimeSeconds()).isEqualTo(1_700_000_000);
        assertThat(at(image, "f").mtimeNanos()).isEqualTo(123_456_789);
    }

    // Number 18.
    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void sparseFilesOfGnuTarAreExpanded(String version) throws Exception {
        Requires.commands("tar", "truncate");
        Commands.run("truncate", "-s", "3000000", tool.path("tree/sparse").toString()).orFail();
        for (String format : List.of("--format=gnu", "--format=posix")) {
            Commands.run(
                            "tar",
                            "--sparse",
                            format,
                            "-C",
                            tool.path("tree").toString(),
                            "-cf",
                            tool.path("sparse.tar").toString(),
                            "sparse")
                    .orFail();
            tool.run(
                            "create",
                            "--type",
                            "tar-rafs",
                            "-v",
                            version,
                            "-D",
                            tool.path("blobs"),
                            "-B",
                            tool.path("m"),
                            tool.path("sparse.tar"))
                    .succeeded();
            assertThat(at(tool.path("m"), "sparse").size()).as(format).isEqualTo(3_000_000);
        }
    }

    // Number 19.
    @ParameterizedTest
    @CsvSource({"fs", "blob"})
    void theLengthOfPrefetchedDataIsRecorded(String policy) throws Exception {
        tool.write("tree/a", noise(1, 10_000));
        tool.write("tree/z", noise(2, 20_000));
        tool.runWith(
                        "/z\n",
                        "create",
                        "-v",
                        5,
                        "--prefetch-policy",
                        policy,
                        "-D",
                        tool.path("blobs"),
                        "-B",
                        tool.path("m"),
                        tool.path("tree"))
                .succeeded();
        assertThat(tool.run("inspect", "-R", "blobs", tool.path("m")).succeeded().out())
                .contains("\"readahead_offset\":0,\"readahead_size\":20000");
        // The data of the files that are wanted first comes first.
        assertThat(at(tool.path("m"), "z").chunk(0).compressedOffset()).isZero();
        assertThat(ImageTool.open(tool.path("m")).prefetch())
                .hasSize(policy.equals("fs") ? 1 : 0);
    }
}
