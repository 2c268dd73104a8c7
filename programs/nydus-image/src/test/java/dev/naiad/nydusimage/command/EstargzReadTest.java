package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.stargz.EstargzWriter;
import dev.naiad.builder.stargz.EstargzWriter.Compression;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Seekable layers, as they are written here, read by our builder and by GNU tar. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class EstargzReadTest {
    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    private static byte[] tar() {
        return new TestTar()
                .dir("etc/", 0755)
                .file("etc/motd", "hello\n")
                .file("large", ImageTool.noise(3, 9_000_000))
                .file("empty", "")
                .symlink("etc/link", "motd")
                .hardlink("hard", "etc/motd")
                .device('3', "null", 1, 3)
                .end();
    }

    private Path layer(Compression compression) throws Exception {
        var out = new ByteArrayOutputStream();
        EstargzWriter.write("layer", new ByteArrayInputStream(tar()), out, compression);
        return tool.write("layer-" + compression, out.toByteArray());
    }

    private byte[] image(String type, Path source) throws Exception {
        Files.createDirectories(tool.path("blobs"));
        tool.run(
                        "create",
                        "--type",
                        type,
                        "--chunk-size",
                        "0x400000",
                        "-D",
                        tool.path("blobs"),
                        "-B",
                        tool.path("boot"),
                        source)
                .succeeded();
        return tool.unpacked(tool.path("boot"));
    }

    @Test
    void theBuilderMakesTheSameImageOfTheLayerAsOfItsSource() throws Exception {
        byte[] wanted = image("tar-rafs", tool.write("source.tar", tar()));
        Path layer = layer(Compression.GZIP);
        assertThat(image("estargz-rafs", layer)).isEqualTo(wanted);
        Files.copy(layer, tool.path("blobs/" + Digest.sha256Of(Files.readAllBytes(layer)).hex()));
        assertThat(image("estargz-ref", layer)).isEqualTo(wanted);
    }

    @Test
    void theTableAloneGivesTheImage() throws Exception {
        byte[] wanted = image("tar-rafs", tool.write("source.tar", tar()));
        Path layer = layer(Compression.GZIP);
        byte[] bytes = Files.readAllBytes(layer);
        Commands.run(
                        "tar",
                        "-xzf",
                        layer.toString(),
                        "-C",
                        tool.path("blobs").toString(),
                        "stargz.index.json")
                .orFail();
        tool.run(
                        "create",
                        "--type",
                        "estargztoc-ref",
                        "-B",
                        tool.path("toc.boot"),
                        "--blob-id",
                        Digest.sha256Of(bytes).hex(),
                        "--blob-data-size",
                        Long.toHexString(bytes.length),
                        tool.path("blobs/stargz.index.json"))
                .succeeded();
        tool.run("unpack", tool.path("toc.boot"), "--blob", layer, "--output", tool.path("toc.tar"))
                .succeeded();
        assertThat(Files.readAllBytes(tool.path("toc.tar"))).isEqualTo(wanted);
    }

    @Test
    void otherToolsListTheSourcesEntries() throws Exception {
        for (Compression compression : Compression.values()) {
            if (compression == Compression.ZSTD && Requires.find("zstd").isEmpty()) {
                continue;
            }
            var listed =
                    Commands.run(
                            "tar", "--auto-compress", "-tf", named(layer(compression)).toString());
            listed.orFail();
            List<String> names = Arrays.asList(listed.output().split("\n", -1));
            assertThat(names)
                    .startsWith(".no.prefetch.landmark", "etc/", "etc/motd", "large", "empty");
            assertThat(names).contains("hard", "null");
        }
    }

    /** tar goes by a file's name. */
    private Path named(Path layer) throws Exception {
        boolean zstd = layer.toString().endsWith("ZSTD");
        return Files.copy(layer, tool.path(zstd ? "named.tar.zst" : "named.tar.gz"));
    }
}
