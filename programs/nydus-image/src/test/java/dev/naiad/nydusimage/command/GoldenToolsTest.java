package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.JsonReader;
import dev.naiad.testkit.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands on images that the original's builders made, of several years. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GoldenToolsTest {
    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    private static Path golden(String path) {
        return Golden.path("nydus").resolve(path);
    }

    private byte[] unpacked(Path image, Path blobs) throws Exception {
        tool.run("unpack", image, "-D", blobs, "--output", tool.path("tar")).succeeded();
        return Files.readAllBytes(tool.path("tar"));
    }

    @ParameterizedTest
    @CsvSource({
        "repeatable/sha256-nocompress-repeatable, repeatable/blobs",
        "repeatable/blake3-lz4_block-non_repeatable, repeatable/blobs",
        "history/blake3-lz4_block-non_repeatable.2020, repeatable/blobs",
        "bootstrap/rafs-v6-2.2.boot, blobs",
    })
    void everyByteOfOldImagesIsReadAndRight(String bootstrap, String blobs) throws Exception {
        var image = golden(bootstrap);
        tool.run("check", "-v", image).succeeded();
        tool.run("check", "--verify-data", "-D", golden(blobs), image).succeeded();
        assertThat(unpacked(image, golden(blobs))).hasSizeGreaterThan(1024);
        tool.run("stat", "-B", image, "-J", tool.path("stat")).succeeded();
        assertThat(tool.json("stat").get("base_image").get("files").text()).isNotEqualTo("0");
        assertThat(tool.run("inspect", "-R", "stats", image).succeeded().out())
                .contains("inodes_count");
    }

    @Test
    void aBlobWithItsBootstrapInsideIsAnImage() throws Exception {
        String id = "2fa78cad554b75ac91a4a125ed148d0ddeb25efa4aaa8bd80e5dc292690a4dca";
        var blob = golden("toc").resolve(id);
        assertThat(tool.run("check", blob).succeeded().out()).contains("0: " + id);
        var listed = JsonReader.parse("blobs", tool.run("inspect", "-R", "blobs", blob).out());
        assertThat(listed.items().getFirst().get("blob_id").text()).isEqualTo(id);
        assertThat(unpacked(blob, golden("toc"))).hasSizeGreaterThan(1024);
    }

    @ParameterizedTest
    @CsvSource({
        "repeatable/blake3-lz4_block-non_repeatable, repeatable/blobs",
        "bootstrap/rafs-v6-2.2.boot, blobs",
    })
    void oldImagesAreRewrittenAndReadAsBefore(String bootstrap, String blobs) throws Exception {
        var image = golden(bootstrap);
        byte[] before = unpacked(image, golden(blobs));
        Files.createDirectories(tool.path("all"));
        try (var list = Files.list(golden(blobs))) {
            for (var blob : list.toList()) {
                Files.copy(blob, tool.path("all").resolve(blob.getFileName().toString()));
            }
        }
        var lines = tool.run("check", "-v", image).succeeded().out().lines();
        var files =
                lines.filter(line -> line.startsWith("inode: file "))
                        .map(line -> line.substring(line.indexOf('"') + 1, line.lastIndexOf("\":")))
                        .map(path -> "{\"path\":\"" + path + "\",\"ranges\":null}")
                        .limit(1)
                        .toList();
        tool.write("files", "{\"version\":\"v1\",\"files\":[" + String.join(",", files) + "]}");
        var args = new ArrayList<Object>(List.of("optimize", "-B", image, "-D", tool.path("all")));
        args.addAll(List.of("-p", tool.path("files"), "--output-blob-dir", tool.path("all")));
        args.addAll(List.of("-O", tool.path("optimized")));
        tool.run(args.toArray()).succeeded();
        assertThat(unpacked(tool.path("optimized"), tool.path("all"))).isEqualTo(before);
        tool.run("merge", image, "-B", tool.path("merged"), "--original-blob-ids", id(image))
                .succeeded();
        assertThat(unpacked(tool.path("merged"), tool.path("all"))).isEqualTo(before);
    }

    private static String id(Path image) throws Exception {
        return ImageTool.blobs(image).getFirst().id();
    }

    @Test
    void whatCannotBeRewrittenIsRefusedWithARemedy() throws Exception {
        var image = golden("history/blake3-lz4_block-non_repeatable.2020");
        tool.run("compact", "-B", image, "-D", golden("repeatable/blobs"), "-O", tool.path("c"))
                .failed("2020", "convert it again");
        var early = golden("bootstrap/nydusd_daemon_test_bootstrap");
        tool.run("check", early).failed("nydusd_daemon_test_bootstrap");
        assertThat(tool.path("c")).doesNotExist();
    }
}
