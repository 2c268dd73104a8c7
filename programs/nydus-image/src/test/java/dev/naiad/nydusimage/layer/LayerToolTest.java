package dev.naiad.nydusimage.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.JsonReader;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerToolTest {
    private static final byte[] TAR =
            new TestTar().dir("etc/", 0755).file("etc/motd", "hello\n").symlink("link", "x").end();

    @TempDir Path directory;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Path layer;

    LayerToolTest() {
        layer = Path.of("");
    }

    @BeforeEach
    void writeLayer() throws Exception {
        layer = Files.write(directory.resolve("layer.tar"), TAR);
    }

    private int run(byte[] in, String... args) throws Exception {
        try (var o = new PrintStream(out, true, StandardCharsets.UTF_8);
                var e = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            var context = ProgramContext.forTest(o, e, Map.of());
            return LayerTool.run(
                    new ProgramContext(
                            new ByteArrayInputStream(in),
                            o,
                            e,
                            Map.of(),
                            context.clock(),
                            context.ticker(),
                            context.stop()),
                    List.of(args));
        }
    }

    private String at(String name) {
        return directory.resolve(name).toString();
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aLayerGoesToNydusAndBackThroughFiles() throws Exception {
        assertThat(
                        run(
                                new byte[0],
                                "pack",
                                layer.toString(),
                                "-o",
                                at("blob"),
                                "--output-json",
                                at("pack.json")))
                .as(said())
                .isZero();
        byte[] blob = Files.readAllBytes(directory.resolve("blob"));
        var json = JsonReader.read(directory.resolve("pack.json"));
        assertThat(json.get("digest").text()).isEqualTo(Digest.sha256Of(blob).toString());
        assertThat(json.get("size").text()).isEqualTo(Long.toString(blob.length));
        assertThat(json.at("annotations", "containerd.io/snapshot/nydus-blob").text())
                .isEqualTo("true");

        assertThat(run(new byte[0], "unpack", at("blob"), "-o", at("back.tar")))
                .as(said())
                .isZero();
        assertThat(Files.readAllBytes(directory.resolve("back.tar"))).isEqualTo(TAR);
        assertThat(out.size()).isZero();

        assertThat(
                        run(
                                new byte[0],
                                "merge",
                                at("blob"),
                                "-o",
                                at("boot.tgz"),
                                "-J",
                                at("merge.json")))
                .as(said())
                .isZero();
        var merged = JsonReader.read(directory.resolve("merge.json"));
        assertThat(merged.get("blobs").items().getFirst().text())
                .isEqualTo(json.get("digest").text());
        assertThat(merged.get("digest").text())
                .isEqualTo(
                        Digest.sha256Of(Files.readAllBytes(directory.resolve("boot.tgz")))
                                .toString());
    }

    @Test
    void aReferenceNeedsTheLayerToComeBack() throws Exception {
        assertThat(run(new byte[0], "pack", "--oci-ref", layer.toString(), "-o", at("ref")))
                .as(said())
                .isZero();
        assertThat(run(new byte[0], "unpack", at("ref"), "-o", at("back.tar"))).isEqualTo(1);
        assertThat(said()).contains("--blob-dir", Digest.sha256Of(TAR).hex());
        Files.copy(layer, directory.resolve(Digest.sha256Of(TAR).hex()));

        assertThat(
                        run(
                                new byte[0],
                                "unpack",
                                at("ref"),
                                "-D",
                                directory.toString(),
                                "-o",
                                at("back.tar")))
                .as(said())
                .isZero();

        assertThat(Files.readAllBytes(directory.resolve("back.tar"))).isEqualTo(TAR);
    }

    @Test
    void standardInputBecomesStandardOutput() throws Exception {
        assertThat(run(TAR, "pack")).as(said()).isZero();
        Files.write(directory.resolve("blob"), out.toByteArray());
        out.reset();

        assertThat(run(new byte[0], "unpack", at("blob"), "--compression", "zstd", "-J", at("j")))
                .as(said())
                .isZero();

        var json = JsonReader.read(directory.resolve("j"));
        assertThat(json.get("mediaType").text())
                .isEqualTo("application/vnd.oci.image.layer.v1.tar+zstd");
        assertThat(json.get("diffId").text()).isEqualTo(Digest.sha256Of(TAR).toString());
        assertThat(json.get("digest").text())
                .isEqualTo(Digest.sha256Of(out.toByteArray()).toString());
    }

    @Test
    void whatFailsIsNamedAndLeavesNoFile() throws Exception {
        byte[] cut = java.util.Arrays.copyOf(TAR, 700);
        assertThat(run(cut, "pack", "-o", at("blob"))).isEqualTo(1);
        assertThat(said()).contains("standard input").doesNotContain("\tat ");
        assertThat(directory.resolve("blob")).doesNotExist();

        err.reset();
        assertThat(run(new byte[0], "pack", at("missing"))).isEqualTo(1);
        assertThat(said()).contains("missing does not exist");

        err.reset();
        assertThat(run(new byte[0], "unpack", layer.toString())).isEqualTo(1);
        assertThat(said()).contains("holds no bootstrap");

        err.reset();
        assertThat(run(new byte[0], "merge")).isEqualTo(2);
        assertThat(said()).contains("LAYER");
    }
}
