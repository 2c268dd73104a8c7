package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.TestTar;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Known defects of the original builder with archives, each with the behaviour that is right. The
 * numbers are those of the list that was kept of them.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ArchiveDefectsTest {
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
        return ImageTool.at(ImageTool.open(image).root(), names);
    }

    // Number 2.
    @Test
    void dotDotInAnArchiveStaysInsideTheTree() throws Exception {
        var image = build(new TestTar().file("../../a/../../outside", "x"));
        assertThat(at(image, "outside").type()).isEqualTo(FileType.REGULAR);
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
        var image = build(new TestTar().file("f", "x").symlink("sym", "f").hardlink("hard", "sym"));
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

    // Number 8.
    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void markersOfTheLowestLayerVanishInAMerge(String version) throws Exception {
        var tar = new TestTar().file("kept", "x").file(".wh.gone", "").file("d/.wh..wh..opq", "");
        var layer = build(tar, "-v", version, "--whiteout-spec", "none");
        tool.run("merge", layer, "-B", tool.path("merged")).succeeded();
        var root = ImageTool.open(tool.path("merged")).root();
        assertThat(root.child(".wh.gone".getBytes(StandardCharsets.UTF_8))).isNull();
        assertThat(
                        at(tool.path("merged"), "d")
                                .child(".wh..wh..opq".getBytes(StandardCharsets.UTF_8)))
                .isNull();
        assertThat(root.child("kept".getBytes(StandardCharsets.UTF_8))).isNotNull();
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
}
