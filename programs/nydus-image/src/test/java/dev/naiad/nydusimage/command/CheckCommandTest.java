package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.blobs;
import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.JsonReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code check} finds and how it says so. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CheckCommandTest {
    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    private Path image(String version) throws Exception {
        tool.write("tree/dir/file", noise(1, 5000));
        Files.createLink(tool.path("tree/dir/zlink"), tool.path("tree/dir/file"));
        Files.createSymbolicLink(tool.path("tree/a"), Path.of("dir/file"));
        tool.write("tree/z", "z");
        return tool.create(version, "tree", "--chunk-size", "0x1000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void theHeadingAndALineForEachBlobAreAllThereIsWithoutVerbose(String version) throws Exception {
        var image = image(version);
        var blob = blobs(image).getFirst();
        var out = tool.run("check", image).succeeded().out().lines().toList();
        assertThat(out)
                .containsExactly(
                        "RAFS filesystem metadata is valid, referenced data blobs: ",
                        "\t 0: "
                                + blob.id()
                                + ", compressed size "
                                + blob.compressedSize()
                                + ", uncompressed size "
                                + blob.uncompressedSize()
                                + ", chunk size: 4096, chunk count: 3, features: "
                                + (version.equals("6") ? "aligned cap_toc" : "cap_toc"));
    }

    @Test
    void aNameCannotForgeALineOfTheVerboseListing() throws Exception {
        tool.write("tree/a\ninode: file \"forged\"", "x");
        Files.createSymbolicLink(tool.path("tree/link"), Path.of("to\n\u0001\\"));

        var out = tool.run("check", "-v", tool.create("6", "tree")).succeeded().out();

        assertThat(out.lines().filter(line -> line.startsWith("inode: "))).hasSize(3);
        assertThat(out)
                .contains("inode: file \"/a\\ninode: file \\\"forged\\\"\": index")
                .contains("link Some(\"to\\n\\u{1}\\\\\")");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void verboseListsEveryInodeDepthFirstAndItsChunks(String version) throws Exception {
        var lines = tool.run("check", "-v", image(version)).succeeded().out().lines().toList();
        var inodes = lines.stream().filter(line -> line.startsWith("inode: ")).toList();
        assertThat(inodes).hasSize(6);
        String number = "[0-9]+";
        assertThat(inodes.get(0))
                .matches(
                        "inode: dir \"/\": index 1 ino N real_ino N child_index 2 child_count 3"
                                        .replace("N", number)
                                + " i_nlink 3 i_size N i_blocks N i_name_size 1 i_symlink_size 0"
                                        .replace("N", number)
                                + " has_xattr false link None i_mtime 0 i_mtime_nsec 0");
        assertThat(inodes.get(1)).contains("symlink \"/a\": index 2", "i_symlink_size 8");
        assertThat(inodes.get(1)).contains("link Some(\"dir/file\")");
        assertThat(inodes.get(2)).contains("dir \"/dir\": index 3", "child_index 5 child_count 2");
        assertThat(inodes.get(3)).contains("file \"/dir/file\": index 5", "child_count 2");
        assertThat(inodes.get(4)).contains("hardlink \"/dir/zlink\": index 6");
        assertThat(inodes.get(5)).contains("file \"/z\": index 4", "i_name_size 1");
        var chunks = lines.stream().filter(line -> line.startsWith("\t chunk: ")).toList();
        assertThat(chunks).hasSize(5);
        assertThat(chunks.get(1))
                .matches(
                        "\t chunk: id [0-9a-f]{64}, index 2, blob_index 0, file_offset 4096,"
                                + " compressed 4097/904, uncompressed [0-9]+/904, crc32 0x[0-9a-f]+");
    }

    @Test
    void theOldWayToNameTheBootstrapKeepsStoredIdsAndTheNewOneFindsBetterOnes() throws Exception {
        tool.write("tree/file", noise(1, 5000));
        tool.run("create", "--blob-inline-meta", "-D", tool.path("blobs"), tool.path("tree"))
                .succeeded();
        String id = tool.names("blobs").getFirst();
        var blob = tool.path("blobs").resolve(id);
        assertThat(tool.run("check", blob, "-J", tool.path("j")).succeeded().out())
                .contains("0: " + id, "fs-meta", "tar-header");
        var json = JsonReader.read(tool.path("j"));
        assertThat(ImageTool.texts(json.get("blobs"))).containsExactly(id);
        assertThat(Files.readString(tool.path("j")).strip()).doesNotContain("\n");
        assertThat(tool.run("check", "-B", blob).succeeded().out())
                .contains("0: " + "x".repeat(64));
        tool.run("check", blob, "-B", blob).misused("cannot be used with");
        tool.run("check").misused("bootstrap");
        tool.run("check", blob, "-D", "d", "-C", "c").misused("cannot be used with");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void dataIsReadAndCheckedOnDemand(String version) throws Exception {
        var image = image(version);
        String id = blobs(image).getFirst().id();
        var blob = tool.path("blobs").resolve(id);
        tool.run("check", "--verify-data", "-D", tool.path("blobs"), image).succeeded();
        tool.run("check", "--verify-data", image).misused("--blob-dir");
        byte[] good = Files.readAllBytes(blob);
        for (int at : List.of(0, 4500, good.length - 1)) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            Files.write(blob, bad);
            // Without the flag data is not looked at.
            tool.run("check", "-D", tool.path("blobs"), image).succeeded();
            var result = tool.run("check", "--verify-data", "-D", tool.path("blobs"), image);
            assertThat(result.code()).as("byte " + at).isEqualTo(1);
            assertThat(result.err()).contains(id);
        }
        Files.write(blob, Arrays.copyOf(good, good.length - 1));
        tool.run("check", "--verify-data", "-D", tool.path("blobs"), image).failed(id, "bytes");
        Files.write(blob, Arrays.copyOf(good, good.length + 1));
        tool.run("check", "--verify-data", "-D", tool.path("blobs"), image).failed(id, "bytes");
        Files.delete(blob);
        tool.run("check", "-D", tool.path("blobs"), image).succeeded();
        tool.run("check", "--verify-data", "-D", tool.path("blobs"), image)
                .failed("does not exist");
    }
}
