package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.config.JsonReader;
import dev.naiad.rafs.blob.BlobReader;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code inspect} answers at the prompt and to requests. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InspectCommandTest {
    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    private Path image(String version) throws Exception {
        tool.write("tree/two chunks", noise(1, 5000));
        tool.write("tree/dir/file", "content");
        Files.createLink(tool.path("tree/dir/zlink"), tool.path("tree/dir/file"));
        Files.createSymbolicLink(tool.path("tree/sym"), Path.of("dir/file"));
        return tool.create(version, "tree", "--chunk-size", "0x1000");
    }

    private String at(Path image, String... lines) throws Exception {
        var result = tool.runWith(String.join("\n", lines) + "\n", "inspect", image).succeeded();
        assertThat(result.err()).isEmpty();
        return result.out();
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void thePromptShowsAllThatAnImageHolds(String version) throws Exception {
        var image = image(version);
        assertThat(at(image, "stats"))
                .startsWith("Inspecting RAFS :> ")
                .contains("Version:", "Inodes Count:", "Chunk Size:", "4KB", "Root Inode:")
                .containsPattern("Blob table offset: +0x[0-9a-f]+\n")
                .containsPattern("Prefetch table entries: +0x0\n")
                .containsPattern("Chunk table size: +0x[0-9a-f]+\n");
        assertThat(at(image, "ls"))
                .containsPattern("d    [0-9]+ +\"dir\"\n")
                .containsPattern("-    [0-9]+ +\"two chunks\"\n")
                .containsPattern("l    [0-9]+ +\"sym\"\n");
        assertThat(at(image, "cd dir", "ls", "cd ..", "ls"))
                .contains("\"zlink\"", "\"two chunks\"");
        assertThat(at(image, "cd nowhere", "cd sym", "cd two chunks"))
                .contains("nowhere is not there", "sym is not a directory")
                .contains("two chunks is not a directory");
        assertThat(at(image, "stat two chunks"))
                .containsPattern("Name: +\"two chunks\"\n")
                .containsPattern("Size: +5000\n")
                .containsPattern("Parent: +[0-9]+\n")
                .containsPattern("Mode: +0x81[0-9A-F]+\n")
                .containsPattern("Permissions: +100[0-7]+\n")
                .contains("Chunk list:", "0 ->file offset: 0", "1 ->file offset: 4096")
                .contains("chunk id: ", "decompressed size: 904");
        assertThat(at(image, "stat .", "cd dir", "stat ."))
                .containsPattern("Name: +\"\\.\"\n")
                .doesNotContain("Chunk list:");
        assertThat(at(image, "blobs"))
                .contains("Blob Index:", "Blob ID:", "Raw Blob ID:", "Blob Size:", "Cipher:")
                .contains("Compressed Data Size:", "Uncompressed Data Size:", "Features:")
                .contains("Mapped Block Address:", "Compressor:", "Digester:", "Chunk Size:")
                .contains("Chunk Count:", "Prefetch Table Offset:", "Prefetch Table Size:")
                .contains("Meta Compressor:", "Meta Offset:", "Meta Compressed Size:")
                .contains("Meta Uncompressed Size:", "ToC Digest:", "ToC Size:")
                .contains("RAFS Blob Digest:", "RAFS Blob Size:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void aChunkLeadsToItsFilesAndAnInodeToItsPaths(String version) throws Exception {
        var image = image(version);
        var open = ImageTool.open(image);
        var inode = ImageTool.at(open.root(), "dir", "file");
        var chunk = inode.chunk(0);
        assertThat(at(image, "chunk " + chunk.compressedOffset()))
                .containsPattern("File: +file\n")
                .containsPattern("File: +zlink\n")
                .containsPattern("Parent Path: +/dir\n")
                .containsPattern("Compressed Offset: +" + chunk.compressedOffset() + "\n")
                .containsPattern("Compressed Size: +" + chunk.compressedSize() + "\n")
                .containsPattern("Decompressed Offset: +" + chunk.uncompressedOffset() + "\n")
                .containsPattern("Decompressed Size: +7\n")
                .containsPattern("Chunk ID: +" + Hex.encode(chunk.digest()) + "\n")
                .containsPattern("Blob ID: +" + open.blobs().getFirst().id() + "\n");
        assertThat(at(image, "chunk 999999999")).contains("no chunk at 999999999");
        assertThat(at(image, "icheck " + inode.number()))
                .contains("/dir/file", "/dir/zlink")
                .containsPattern("Nlink: +2\n");
        assertThat(at(image, "icheck 77777777")).contains("no inode 77777777");
        // A mistake at the prompt does not end it; the end of the input does.
        assertThat(at(image, "chunk x", "icheck", "nonsense", "help", "stats"))
                .contains("\"x\" is not a decimal number", "unknown command nonsense")
                .contains("Inodes Count:");
        assertThat(at(image, "q", "stats")).doesNotContain("Inodes Count:");
    }

    @Test
    void requestsAnswerInJsonWithoutALineEndAndWithoutLogs() throws Exception {
        tool.write("tree/b", "text");
        Files.createLink(tool.path("tree/a"), tool.path("tree/b"));
        var args =
                new ArrayList<Object>(
                        List.of("create", "-D", tool.path("blobs"), "-B", tool.path("tree.boot")));
        args.addAll(List.of("--prefetch-policy", "fs", tool.path("tree")));
        tool.runWith("/b\n", args.toArray()).succeeded();
        var image = tool.path("tree.boot");
        assertThat(request(image, "stats")).isEqualTo("{\"inodes_count\":3}");
        var prefetch = JsonReader.parse("prefetch", request(image, "prefetch")).items();
        assertThat(prefetch).hasSize(1);
        assertThat(prefetch.getFirst().entries().keySet()).containsExactly("inode", "path");
        assertThat(ImageTool.texts(prefetch.getFirst().get("path"))).containsExactly("/a", "/b");
        assertThat(request(image, "blobs")).startsWith("[{\"blob_id\":\"").endsWith("}]");
        for (String text : List.of("ls", "cd .", "stat a", "chunk 0", "icheck 1", "exit", "q")) {
            assertThat(request(image, text)).as(text).endsWith("null");
        }
        assertThat(at(image, "prefetch"))
                .contains("Total Prefetching Files: 1")
                .containsPattern("Inode Number:[0-9]+ +\\| Path: \"/a /b\"");
        for (String text : List.of("help", "nonsense", "chunk", "chunk x", "icheck -1")) {
            tool.run("inspect", "-R", text, image).failed();
        }
    }

    private String request(Path image, String request) throws Exception {
        var result = tool.run("inspect", "-R", request, image).succeeded();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).doesNotEndWith("\n");
        return result.out();
    }

    @Test
    void aBlobIsLookedIntoThroughTheBootstrapInside() throws Exception {
        tool.write("tree/file", noise(3, 9000));
        tool.run(
                        "create",
                        "--blob-inline-meta",
                        "--features",
                        "blob-toc",
                        "-D",
                        tool.path("blobs"),
                        tool.path("tree"))
                .succeeded();
        String id = tool.names("blobs").getFirst();
        var blob = tool.path("blobs").resolve(id);
        assertThat(request(blob, "blobs")).contains("\"blob_id\":\"" + id + "\"");
        // By its id alone, where the place of the blobs is known.
        var named =
                tool.run("inspect", "-R", "blobs", "-D", tool.path("blobs"), tool.path(id))
                        .succeeded();
        assertThat(named.out()).isEqualTo(request(blob, "blobs"));
        var bytes = Files.readAllBytes(blob);
        Files.write(
                tool.path(id + ".boot"),
                BlobReader.inlinedBootstrap(ByteSource.of("blob", MemorySegment.ofArray(bytes))));
        assertThat(at(tool.path(id + ".boot"), "blobs"))
                .containsPattern("Blob ID: +" + id + "\n")
                .containsPattern("Raw Blob ID: +x{64}\n");
        tool.run("inspect", "-R", "blobs", tool.path("nowhere")).failed("does not exist");
        tool.run("inspect", "-R", "blobs").misused("bootstrap");
        tool.run("inspect", blob, "-D", "d", "-C", "c").misused("cannot be used with");
        tool.run("inspect", "-R", "blobs", "-B", blob, blob).misused("cannot be used with");
    }
}
