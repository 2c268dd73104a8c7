package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.blobs;
import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Hex;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The flags of {@code merge}: what a blob is called, how long it is, what lies below. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MergeCommandTest {
    private static final String ONE = "1".repeat(64);
    private static final String TWO = "2".repeat(64);

    private final ImageTool tool = new ImageTool();
    private Path lower = Path.of("/");
    private Path upper = Path.of("/");

    @BeforeEach
    void layers() throws Exception {
        tool.write("a/low", noise(1, 5000));
        tool.write("b/high", noise(2, 5000));
        lower = tool.create("6", "a");
        upper = tool.create("6", "b");
    }

    @AfterEach
    void clean() {
        tool.close();
    }

    private ImageTool.Result merge(Object... more) throws Exception {
        // compat: converters put the sources before the options.
        var args = new ArrayList<Object>(List.of("merge", lower, upper, "-B", tool.path("merged")));
        args.addAll(List.of(more));
        return tool.run(args.toArray());
    }

    private List<BlobInfo> merged(Object... more) throws Exception {
        merge(more).succeeded();
        var result = new ArrayList<>(blobs(tool.path("merged")));
        result.sort((x, y) -> x.id().compareTo(y.id()));
        return result;
    }

    private static List<String> ids(List<BlobInfo> blobs) {
        return blobs.stream().map(BlobInfo::id).toList();
    }

    @Test
    void blobsGoByTheNamesOfTheirBootstrapsUnlessAListSaysOtherwise() throws Exception {
        assertThat(ids(merged())).containsExactly("a", "b");
        assertThat(ids(merged("--original-blob-ids", ONE + "," + TWO))).containsExactly(ONE, TWO);
        assertThat(ids(merged("--blob-digests", ONE + "," + TWO))).containsExactly(ONE, TWO);
        assertThat(ids(merged("--original-blob-ids", "x,y", "--blob-digests", TWO + "," + ONE)))
                .containsExactly(ONE, TWO);
    }

    @Test
    void sizesAndTablesOfContentsAreTakenFromTheLists() throws Exception {
        var blobs =
                merged(
                        "--blob-sizes",
                        "1000000,2000000",
                        "--blob-toc-digests",
                        ONE + "," + TWO,
                        "--blob-toc-sizes",
                        "1152,0");
        assertThat(blobs.get(0).compressedSize()).isEqualTo(1_000_000);
        assertThat(blobs.get(1).compressedSize()).isEqualTo(2_000_000);
        assertThat(Hex.encode(blobs.get(0).toc().digest())).isEqualTo(ONE);
        assertThat(blobs.get(0).toc().size()).isEqualTo(1152);
        assertThat(blobs.get(1).toc().size()).isZero();
    }

    @Test
    void listsThatDoNotFitAreNamed() throws Exception {
        for (var option :
                List.of(
                        "--blob-digests",
                        "--original-blob-ids",
                        "--blob-sizes",
                        "--blob-toc-digests",
                        "--blob-toc-sizes")) {
            String one = option.contains("size") ? "1024" : ONE;
            merge(option, one).failed(option, "is 1, but there are 2");
            merge(option, one + "," + one + "," + one).failed(option, "is 3, but there are 2");
        }
        for (var size : List.of("x,1", "1,", "-1,1", "1.5,1", "99999999999999999999,1")) {
            merge("--blob-sizes=" + size).failed("--blob-sizes", "is not a number from 0");
        }
        merge("--blob-toc-sizes", "100,512").failed("--blob-toc-sizes", "100");
        merge("--blob-toc-sizes", "512,640000").failed("--blob-toc-sizes", "640000");
        merge("--blob-digests", ONE + ",abc").failed("--blob-digests", "\"abc\"");
        merge("--blob-toc-digests", ONE + "," + "Z".repeat(64)).failed("--blob-toc-digests");
        merge("--original-blob-ids", ONE + ",../x").failed("\"../x\" cannot be a blob id");
        merge("--original-blob-ids", ONE + "," + "9".repeat(65))
                .failed("cannot be a blob id", "64");
        assertThat(tool.path("merged")).doesNotExist();
    }

    @Test
    void aConfigurationMakesBlobsNameThemselves() throws Exception {
        var config =
                tool.write(
                        "nydusd.json",
                        "{\"version\":2,\"backend\":{\"type\":\"localfs\",\"localfs\":{\"dir\":\""
                                + tool.path("blobs")
                                + "\"}}}");
        var own = List.of(blobs(lower).getFirst().id(), blobs(upper).getFirst().id());
        assertThat(ids(merged("-C", config))).containsExactlyInAnyOrderElementsOf(own);

        // A bootstrap inside its blob: id and size are those of the blob, found by its name alone.
        tool.run("create", "--blob-inline-meta", "-D", tool.path("inlined"), tool.path("a"))
                .succeeded();
        String id = tool.names("inlined").getFirst();
        Files.move(tool.path("inlined").resolve(id), tool.path("blobs").resolve(id));
        tool.run("merge", tool.path(id), "-C", config, "-B", tool.path("merged")).succeeded();
        var blob = blobs(tool.path("merged")).getFirst();
        assertThat(blob.id()).isEqualTo(id);
        assertThat(blob.compressedSize()).isEqualTo(Files.size(tool.path("blobs").resolve(id)));
        assertThat(blob.has(BlobFeatures.INLINED_FS_META)).isFalse();
        tool.unpacked(tool.path("merged"));
    }

    @Test
    void aParentLiesBelowAndADictionarysBlobsAreNoLayers() throws Exception {
        tool.write("c/.wh.low", "");
        tool.write("c/shared", noise(1, 5000));
        tool.write("c/new", noise(3, 5000));
        tool.run(
                        "merge",
                        lower,
                        upper,
                        "-B",
                        tool.path("parent"),
                        "--original-blob-ids",
                        ONE + "," + TWO)
                .succeeded();
        String dictionary = blobs(lower).getFirst().id();
        var layer = tool.create("6", "c", "--chunk-dict", lower, "--whiteout-spec", "none");
        assertThat(blobs(layer)).hasSize(2);
        var args =
                new ArrayList<Object>(
                        List.of("merge", layer, "--parent-bootstrap", tool.path("parent")));
        args.addAll(List.of("-B", tool.path("merged"), "-J", tool.path("j")));
        tool.run(args.toArray()).failed("having multiple associated data blobs");
        args.addAll(List.of("--chunk-dict", "bootstrap=" + lower));
        tool.run(args.toArray()).succeeded();
        assertThat(ImageTool.texts(tool.json("j").get("blobs")))
                .containsExactlyInAnyOrder(TWO, "c", dictionary);
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        tool.run("merge", "-B", tool.path("m")).misused("SOURCE");
        tool.run("merge", lower).misused("--bootstrap");
        tool.run("merge", lower, "-B", tool.path("m"), "--prefetch-policy", "all").misused("all");
        tool.run("merge", tool.path("none"), "-B", tool.path("m")).failed("does not exist");
        tool.run("merge", tool.write("junk", "no bootstrap"), "-B", tool.path("m")).failed("junk");
        tool.run("merge", lower, "-B", tool.path("no/such/dir")).failed("no/such/dir");
        tool.run("merge", lower, "-B", tool.path("m"), "--chunk-dict", "x=y").failed("dict type x");
    }

    @Test
    void withoutANameTheResultGoesByItsDigest() throws Exception {
        tool.run("merge", lower, "-D", tool.path("out"), "-J", tool.path("j")).succeeded();
        String name = tool.names("out").getFirst();
        assertThat(Hex.isLowerHex(name, 64)).isTrue();
        assertThat(tool.json("j").get("bootstrap").text())
                .isEqualTo(tool.path("out").resolve(name).toString());
    }
}
