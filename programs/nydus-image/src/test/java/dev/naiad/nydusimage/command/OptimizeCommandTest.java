package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.blobs;
import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are needed first move into a blob of their own; what is read stays the same. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OptimizeCommandTest {
    private static final int CHUNK = 0x1000;

    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    /** Two layers with a large file, a text, a shared chunk and hard links. */
    private Path image(String version) throws Exception {
        tool.write("a/large", noise(1, 10 * CHUNK));
        tool.write("a/dir/text", "text ".repeat(5000));
        Files.createLink(tool.path("a/dir/linked"), tool.path("a/dir/text"));
        Files.createSymbolicLink(tool.path("a/link"), Path.of("large"));
        tool.write("b/other", noise(2, 3 * CHUNK + 5));
        tool.write("b/same", Arrays.copyOf(noise(1, 10 * CHUNK), CHUNK));
        tool.write("b/empty", "");
        return tool.merged(version, "image", List.of("a", "b"), "--chunk-size", "0x1000");
    }

    private ImageTool.Result optimize(Path image, String files, Object... more) throws Exception {
        tool.write("prefetch.json", files);
        var args =
                new ArrayList<Object>(
                        List.of("optimize", "-B", image, "-p", tool.path("prefetch.json")));
        args.addAll(List.of("-O", tool.path("new"), "--output-blob-dir", tool.path("blobs")));
        args.addAll(List.of("-J", tool.path("out.json")));
        args.addAll(more.length == 0 ? List.of("-D", tool.path("blobs")) : List.of(more));
        return tool.run(args.toArray());
    }

    private static String list(String... files) {
        return "{\"version\":\"v1\",\"files\":[" + String.join(",", files) + "]}";
    }

    private static String whole(String path) {
        return "{\"path\":\"" + path + "\",\"ranges\":null}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void listedFilesMoveIntoTheLastBlobAndEverythingReadsAsBefore(String version) throws Exception {
        var image = image(version);
        byte[] before = tool.unpacked(image);
        var old = blobs(image).stream().map(BlobInfo::id).toList();
        optimize(image, list(whole("/dir/text"), whole("/other"))).succeeded();

        var made = blobs(tool.path("new"));
        var ids = made.stream().map(BlobInfo::id).toList();
        assertThat(ids).hasSize(old.size() + 1).startsWith(old.toArray(String[]::new));
        var json = tool.json("out.json");
        assertThat(ImageTool.texts(json.get("blobs"))).isEqualTo(ids);
        assertThat(json.get("bootstrap").text()).isEqualTo(tool.path("new").toString());
        assertThat(json.get("fs_version").text()).isEqualTo(version);

        var blob = made.getLast();
        int wanted =
                BlobFeatures.CAP_TAR_TOC
                        | BlobFeatures.HAS_TAR_HEADER
                        | BlobFeatures.IS_SEPARATED_WITH_PREFETCH_FILES;
        wanted |= version.equals("6") ? BlobFeatures.ALIGNED | BlobFeatures.CHUNK_INFO_V2 : 0;
        assertThat(blob.features().bits()).isEqualTo(wanted);
        byte[] bytes = Files.readAllBytes(tool.path("blobs").resolve(blob.id()));
        assertThat(blob.compressedSize()).isEqualTo(bytes.length);
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)))
                .isEqualTo(blob.id());
        var source = ByteSource.of("blob", MemorySegment.ofArray(bytes));
        var sections = BlobSections.walk(source).stream().map(BlobSections.Section::name).toList();
        if (version.equals("6")) {
            assertThat(sections).containsExactly("image.blob", "blob.meta");
            var meta = new BlobReader(source, blob).meta();
            assertThat(meta.count()).isEqualTo(blob.chunkCount());
            assertThat(meta.hasCrc(0)).isTrue();
        } else {
            assertThat(sections).containsExactly("image.blob");
        }
        assertThat(tool.unpacked(tool.path("new"))).isEqualTo(before);
        tool.run("check", tool.path("new")).succeeded();

        // Only the chunks of these files, the links among them, are in the new blob.
        var open = ImageTool.open(tool.path("new"));
        for (String name : List.of("text", "linked")) {
            var inode = ImageTool.at(open.root(), "dir", name);
            for (int k = 0; k < inode.chunkCount(); k++) {
                assertThat(inode.chunkRef(k).blobIndex()).isEqualTo(blob.index());
            }
        }
        var large = ImageTool.at(open.root(), "large");
        assertThat(large.chunkRef(0).blobIndex()).isNotEqualTo(blob.index());
    }

    @Test
    void rangesMoveTheChunksTheyTouchBothEndsIncluded() throws Exception {
        var image = image("6");
        byte[] before = tool.unpacked(image);
        optimize(
                        image,
                        list(
                                "{\"path\":\"/large\",\"ranges\":[[4097,1],[20480,4096]]}",
                                "{\"path\":\"relative\",\"ranges\":null}",
                                whole("/nowhere"),
                                whole("/dir")))
                .succeeded();
        var large = ImageTool.at(ImageTool.open(tool.path("new")).root(), "large");
        var moved = new ArrayList<Integer>();
        for (int k = 0; k < large.chunkCount(); k++) {
            if (large.chunkRef(k).blobIndex() == blobs(tool.path("new")).getLast().index()) {
                moved.add(k);
            }
        }
        assertThat(moved).containsExactly(1, 5, 6);
        assertThat(tool.unpacked(tool.path("new"))).isEqualTo(before);
    }

    @Test
    void theOrderOfTheListIsTheOrderOfTheBlob() throws Exception {
        var image = image("6");
        optimize(image, list(whole("/other"), whole("/large"), whole("/other"))).succeeded();
        var open = ImageTool.open(tool.path("new"));
        assertThat(ImageTool.at(open.root(), "other").chunkRef(0).chunkIndex()).isZero();
        assertThat(ImageTool.at(open.root(), "large").chunkRef(0).chunkIndex()).isEqualTo(4);
        assertThat(open.blobs().getLast().chunkCount()).isEqualTo(14);
    }

    @Test
    void theSameListGivesTheSameBytesAndAnOptimizedImageHasNothingLeftToDo() throws Exception {
        var image = image("6");
        String files = list(whole("/other"), whole("/dir/linked"));
        optimize(image, files).succeeded();
        byte[] first = Files.readAllBytes(tool.path("new"));
        optimize(image, files).succeeded();
        assertThat(Files.readAllBytes(tool.path("new"))).isEqualTo(first);
        Files.move(tool.path("new"), tool.path("optimized"));
        Files.delete(tool.path("out.json"));
        var names = tool.names("blobs");
        var again = optimize(tool.path("optimized"), files).succeeded();
        assertThat(again.err()).contains("nothing to do");
        assertThat(tool.path("new")).doesNotExist();
        assertThat(tool.path("out.json")).doesNotExist();
        assertThat(tool.names("blobs")).isEqualTo(names);
    }

    @Test
    void anEmptyListIsNothingToDoAndAWrongOneNamesWhatIsWrong() throws Exception {
        var image = image("6");
        assertThat(optimize(image, "").succeeded().err()).contains("nothing to do");
        assertThat(optimize(image, list()).succeeded().err()).contains("nothing to do");
        optimize(image, "{\"version\":\"v2\",\"files\":[]}").failed("v2", "v1");
        optimize(image, "{\"files\":[]}").failed("version");
        optimize(image, "[1,2").failed("prefetch.json");
        optimize(image, list("{\"path\":\"/large\",\"ranges\":[[1]]}")).failed("[offset, size]");
        optimize(image, list("{\"path\":\"/large\",\"ranges\":[[-1,2]]}")).failed("-1");
        assertThat(tool.path("new")).doesNotExist();
    }

    @Test
    void aDamagedChunkIsNotCopiedAndLeavesNothing() throws Exception {
        var image = image("6");
        for (var blob : blobs(image)) {
            var file = tool.path("blobs").resolve(blob.id());
            byte[] bytes = Files.readAllBytes(file);
            Arrays.fill(bytes, 0, Math.min(bytes.length, 1000), (byte) 7);
            Files.write(file, bytes);
        }
        var names = tool.names("blobs");
        optimize(image, list(whole("/other"))).failed("chunk");
        assertThat(tool.path("new")).doesNotExist();
        assertThat(tool.names("blobs")).isEqualTo(names);
    }

    @Test
    void blobsAreReadThroughABackendToo() throws Exception {
        var image = image("6");
        byte[] before = tool.unpacked(image);
        String local = "{\"dir\":\"" + tool.path("blobs") + "\"}";
        optimize(
                        image,
                        list(whole("/other")),
                        "--backend-type",
                        "localfs",
                        "--backend-config",
                        local)
                .succeeded();
        byte[] first = Files.readAllBytes(tool.path("new"));
        var config =
                tool.write(
                        "nydusd.json",
                        "{\"device\":{\"backend\":{\"type\":\"localfs\",\"config\":"
                                + local
                                + "}},\"mode\":\"direct\"}");
        optimize(image, list(whole("/other")), "-C", config).succeeded();
        assertThat(Files.readAllBytes(tool.path("new"))).isEqualTo(first);
        config =
                tool.write(
                        "v2.json",
                        "{\"version\":2,\"backend\":{\"type\":\"localfs\",\"localfs\":"
                                + local
                                + "}}");
        optimize(image, list(whole("/other")), "-C", config).succeeded();
        assertThat(Files.readAllBytes(tool.path("new"))).isEqualTo(first);
        assertThat(tool.unpacked(tool.path("new"))).isEqualTo(before);
        optimize(image, list(whole("/other")), "-C", config, "-D", tool.path("blobs"))
                .misused("cannot be used with");
        tool.run(
                        "optimize",
                        "-B",
                        image,
                        "-p",
                        tool.path("prefetch.json"),
                        "--output-blob-dir",
                        "x")
                .misused("--blob-dir");
    }

    @Test
    void theBlobOfAnInlinedBootstrapIsNamedInTheResult() throws Exception {
        image("6");
        tool.run(
                        "create",
                        "--blob-inline-meta",
                        "--features",
                        "blob-toc",
                        "-D",
                        tool.path("inlined"),
                        tool.path("a"))
                .succeeded();
        String id = tool.names("inlined").getFirst();
        Files.copy(tool.path("inlined").resolve(id), tool.path("blobs").resolve(id));
        var source =
                ByteSource.of(
                        "blob",
                        MemorySegment.ofArray(Files.readAllBytes(tool.path("blobs").resolve(id))));
        Files.write(tool.path(id), BlobReader.inlinedBootstrap(source));
        byte[] before = tool.unpacked(tool.path(id));
        optimize(tool.path(id), list(whole("/dir/text"))).succeeded();
        assertThat(blobs(tool.path("new")).getFirst().id()).isEqualTo(id);
        assertThat(tool.unpacked(tool.path("new"))).isEqualTo(before);
    }

    @Test
    void chunksOfBatchesAreTakenOutAndEncryptedOnesStay() throws Exception {
        for (int i = 0; i < 10; i++) {
            tool.write("tree/small" + i, "small file " + i);
        }
        tool.write("tree/large", noise(3, 20_000));
        var batched = tool.create("6", "tree", "--batch-size", "0x10000");
        byte[] before = tool.unpacked(batched);
        optimize(batched, list(whole("/small3"), whole("/large"), whole("/small7"))).succeeded();
        assertThat(blobs(tool.path("new")).getLast().has(BlobFeatures.BATCH)).isFalse();
        assertThat(tool.unpacked(tool.path("new"))).isEqualTo(before);
        tool.run("check", "--verify-data", "-D", tool.path("blobs"), tool.path("new")).succeeded();

        var encrypted = tool.create("6", "tree", "--encrypt");
        var names = tool.names("blobs");
        var result = optimize(encrypted, list(whole("/large"))).succeeded();
        assertThat(result.err()).contains("nothing to do", "stay: encrypted");
        assertThat(tool.names("blobs")).isEqualTo(names);
    }

    @Test
    void chunksOfAGzipLayerAreCompressedAnew() throws Exception {
        Requires.commands("tar", "gzip");
        tool.write("tree/text", "text ".repeat(50_000));
        tool.write("tree/noise", noise(4, 300_000));
        var layer = tool.path("layer.tar.gz");
        Commands.run("tar", "-C", tool.path("tree").toString(), "-czf", layer.toString(), ".")
                .orFail();
        Files.createDirectories(tool.path("blobs"));
        tool.run(
                        "create",
                        "--type",
                        "targz-ref",
                        "-D",
                        tool.path("blobs"),
                        "-B",
                        tool.path("ref.boot"),
                        layer)
                .succeeded();
        var image = tool.path("ref.boot");
        Files.copy(layer, tool.path("blobs").resolve(blobs(image).getFirst().id()));
        byte[] before = tool.unpacked(image);
        optimize(image, list(whole("/text"), whole("/noise"))).succeeded();
        var made = blobs(tool.path("new")).getLast();
        assertThat(made.has(BlobFeatures.ZRAN | BlobFeatures.SEPARATE)).isFalse();
        assertThat(made.compressor()).isEqualTo(Compressor.ZSTD);
        assertThat(tool.unpacked(tool.path("new"))).isEqualTo(before);
        tool.run("check", "--verify-data", "-D", tool.path("blobs"), tool.path("new")).succeeded();
    }
}
