package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every form in which {@code nydus-image create} stores data gives the same files back. */
class CreateFormsTest {
    private final ImageTool tool = new ImageTool();

    @BeforeEach
    void source() throws IOException {
        for (int i = 0; i < 60; i++) {
            tool.write("src/dir/" + i, ImageTool.noise(i, i * i * 7));
            tool.write("src/text/" + i, ("line " + i + "\n").repeat(i * 3));
        }
        tool.write("src/large", ImageTool.noise(1000, 2_500_000));
        tool.write("src/empty", "");
        Files.createSymbolicLink(tool.path("src/link"), Path.of("large"));
    }

    @AfterEach
    void clean() {
        tool.close();
    }

    @ParameterizedTest
    @CsvSource({
        "0x10000, false, zstd, batch chunk-v2",
        "0x100000, true, lz4_block, batch chunk-v2 encrypted",
        "0, true, zstd, chunk-v2 encrypted",
        "4096, true, none, batch chunk-v2 encrypted"
    })
    void batchesAndEncryptedBlobsAreCheckedAndUnpacked(
            String batch, boolean encrypt, String compressor, String features) throws Exception {
        byte[] wanted = tool.unpacked(tool.create("6", "src"));
        Object[] more = {"--batch-size", batch, "--compressor", compressor};
        if (encrypt) {
            more = Arrays.copyOf(more, 5);
            more[4] = "--encrypt";
        }
        Path boot = tool.create("6", "src", more);
        var check = tool.run("check", boot, "--verify-data", "-D", tool.path("blobs")).succeeded();
        for (String word : features.split(" ", -1)) {
            assertThat(check.out()).contains(word);
        }
        assertThat(ImageTool.blobs(boot).getFirst().cipher())
                .isEqualTo(encrypt ? Cipher.AES_128_XTS : Cipher.NONE);
        assertThat(tool.unpacked(boot)).isEqualTo(wanted);
        tool.run("inspect", "-R", "blobs", boot).succeeded();
    }

    @Test
    void twoEncryptedBuildsHaveNothingInCommon() throws Exception {
        byte[] one = key(tool.create("6", "src", "--encrypt", "--repeatable"));
        byte[] two = key(tool.create("6", "src", "--encrypt", "--repeatable"));
        assertThat(one).isNotEqualTo(two);
        assertThat(tool.names("blobs")).hasSize(2);
    }

    private static byte[] key(Path boot) throws IOException {
        return ImageTool.blobs(boot).getFirst().cipherKey();
    }

    @Test
    void anEncryptedLayerHasItsKeyInsideAndIsMerged() throws Exception {
        byte[] wanted = tool.unpacked(tool.create("6", "src"));
        tool.run(
                        "create",
                        "--blob-inline-meta",
                        "--features",
                        "blob-toc",
                        "--encrypt",
                        "--batch-size",
                        "0x10000",
                        "--blob",
                        tool.path("layer"),
                        tool.path("src"))
                .succeeded();
        String id = Digest.sha256Of(Files.readAllBytes(tool.path("layer"))).hex();
        Files.move(tool.path("layer"), tool.path("blobs").resolve(id));
        var boot =
                BlobReader.inlinedBootstrap(
                        ByteSource.of(
                                "layer",
                                MemorySegment.ofArray(
                                        Files.readAllBytes(tool.path("blobs").resolve(id)))));
        tool.write("layers/" + id, boot);
        tool.run("merge", "-B", tool.path("merged"), tool.path("layers").resolve(id)).succeeded();
        tool.run("check", tool.path("merged")).succeeded();
        assertThat(tool.unpacked(tool.path("merged"))).isEqualTo(wanted);
    }

    @Test
    void v5CannotBeEncryptedOrBatched() throws Exception {
        for (Object[] more : new Object[][] {{"--encrypt"}, {"--batch-size", "0x10000"}}) {
            var args = new ArrayList<Object>(List.of("create", "-v", "5"));
            args.addAll(List.of("-D", tool.path("none"), "-B", tool.path("boot")));
            args.addAll(List.of(more));
            args.add(tool.path("src"));
            tool.run(args.toArray()).failed("needs --fs-version 6");
            assertThat(tool.path("boot")).doesNotExist();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void aBlobGetsTheNameThatWasChosen(String version) throws Exception {
        byte[] wanted = tool.unpacked(tool.create(version, "src"));
        String id = "an-object.name_".repeat(5).substring(0, 64);
        Path boot = tool.create(version, "src", "--blob-id", id, "-J", tool.path("out.json"));
        assertThat(ImageTool.blobs(boot).getFirst().id()).isEqualTo(id);
        assertThat(tool.names("blobs")).contains(id);
        assertThat(ImageTool.texts(tool.json("out.json").get("blobs"))).containsExactly(id);
        assertThat(tool.unpacked(boot)).isEqualTo(wanted);
        tool.run(
                        "create",
                        "-v",
                        version,
                        "-D",
                        tool.path("blobs"),
                        "--blob-id",
                        "a/b",
                        tool.path("src"))
                .failed("a/b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void aBlobWithAnOffsetIsReadFromTheMiddleOfAFile(String version) throws Exception {
        byte[] wanted = tool.unpacked(tool.create(version, "src"));
        tool.run(
                        "create",
                        "-v",
                        version,
                        "--blob-offset",
                        "1536",
                        "--blob",
                        tool.path("part"),
                        "-B",
                        tool.path("boot"),
                        "-t",
                        "dir-rafs",
                        tool.path("src"))
                .succeeded();
        var whole = new ByteArrayOutputStream();
        whole.writeBytes(ImageTool.noise(5, 1536));
        whole.writeBytes(Files.readAllBytes(tool.path("part")));
        tool.write("whole", whole.toByteArray());
        tool.run(
                        "unpack",
                        tool.path("boot"),
                        "--blob",
                        tool.path("whole"),
                        "--output",
                        tool.path("out.tar"))
                .succeeded();
        assertThat(Files.readAllBytes(tool.path("out.tar"))).isEqualTo(wanted);
        tool.run(
                        "create",
                        "--blob-offset",
                        "1536",
                        "--blob-inline-meta",
                        "--blob",
                        tool.path("part"),
                        tool.path("src"))
                .failed("offset");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void cacheFilesAreTheUncompressedBlobAndItsTable(String version) throws Exception {
        tool.run(
                        "create",
                        "-t",
                        "dir-rafs",
                        "-v",
                        version,
                        "--blob-cache-dir",
                        tool.path("cache"),
                        "-B",
                        tool.path("boot"),
                        tool.path("src"))
                .succeeded();
        var image = ImageTool.open(tool.path("boot"));
        String id = image.blobs().getFirst().id();
        // A v5 blob has no table of its own.
        assertThat(tool.names("cache"))
                .isEqualTo(
                        version.equals("5")
                                ? List.of(id + ".blob.data")
                                : List.of(id + ".blob.data", id + ".blob.meta"));
        byte[] data = Files.readAllBytes(tool.path("cache").resolve(id + ".blob.data"));
        assertThat(data).hasSize((int) image.blobs().getFirst().uncompressedSize());
        for (String name : List.of("large", "dir", "text")) {
            var inode = image.root().child(name.getBytes(StandardCharsets.UTF_8));
            assertThat(inode).isNotNull();
            if (inode == null || inode.chunkCount() == 0) {
                continue;
            }
            var found = new ByteArrayOutputStream();
            for (int k = 0; k < inode.chunkCount(); k++) {
                var ref = inode.chunkRef(k);
                found.write(data, (int) ref.uncompressedOffset(), ref.size());
            }
            assertThat(found.toByteArray())
                    .isEqualTo(Files.readAllBytes(tool.path("src").resolve(name)));
        }
        assertThat(tool.path("boot")).exists();
        tool.run(
                        "create",
                        "--blob-cache-dir",
                        tool.path("cache"),
                        "--blob-dir",
                        tool.path("x"),
                        tool.path("src"))
                .misused("--blob-dir");
    }

    @Test
    void encryptedBatchesAreExportedAsAPlainDisk() throws Exception {
        Path boot = tool.create("6", "src", "--encrypt", "--batch-size", "0x10000");
        tool.run("export", "--block", "-B", boot, "-D", tool.path("blobs"), "-O", tool.path("disk"))
                .succeeded();
        byte[] disk = Files.readAllBytes(tool.path("disk"));
        var image = ImageTool.open(boot);
        int start = (int) image.blobs().getFirst().mappedBlock() * image.blockSize();
        for (String name : List.of("large", "text")) {
            var inode = image.root().child(name.getBytes(StandardCharsets.UTF_8));
            assertThat(inode).isNotNull();
            if (inode != null && name.equals("text")) {
                inode = inode.child("7".getBytes(StandardCharsets.UTF_8));
            }
            var found = new ByteArrayOutputStream();
            for (int k = 0; inode != null && k < inode.chunkCount(); k++) {
                var ref = inode.chunkRef(k);
                found.write(disk, start + (int) ref.uncompressedOffset(), ref.size());
            }
            Path file = tool.path(name.equals("text") ? "src/text/7" : "src/" + name);
            assertThat(found.toByteArray()).as(name).isEqualTo(Files.readAllBytes(file));
        }
    }

    private Path tar(String name, String text) throws IOException {
        byte[] tar =
                new TestTar()
                        .dir("d", 0755)
                        .file("d/" + text, text.repeat(1000))
                        .file("d/noise", ImageTool.noise(3, 1_500_000))
                        .file("empty-" + text, "")
                        .symlink("link", "d/noise")
                        .end();
        return tool.write(name, tar);
    }

    @Test
    void tarfsLayersAreCreatedMergedCheckedUnpackedAndExported() throws Exception {
        Path lower = tar("lower.tar", "lower");
        Path upper = tar("upper.tar", "upper");
        Files.createDirectories(tool.path("tars"));
        var boots = new ArrayList<Object>(List.of("merge", "-B", tool.path("image")));
        var copies = new ArrayList<Object>(List.of("merge", "-B", tool.path("copy")));
        for (Path tar : List.of(lower, upper)) {
            String id = Digest.sha256Of(Files.readAllBytes(tar)).hex();
            Path boot = tool.path("tarfs-" + tar.getFileName());
            tool.run(
                            "create",
                            "--type",
                            "tar-tarfs",
                            "--bootstrap",
                            boot,
                            "--blob-id",
                            id,
                            "--blob-dir",
                            tool.path("tars"),
                            tar)
                    .succeeded();
            assertThat(tool.names("tars")).as("nothing is written there").doesNotContain(id);
            tool.run(
                            "create",
                            "--type",
                            "tar-tarfs",
                            "--bootstrap",
                            tool.path("digested"),
                            "--blob-dir",
                            tool.path("tars"),
                            "-J",
                            tool.path("out.json"),
                            tar)
                    .succeeded();
            assertThat(Files.readAllBytes(tool.path("digested")))
                    .isEqualTo(Files.readAllBytes(boot));
            assertThat(ImageTool.texts(tool.json("out.json").get("blobs"))).containsExactly(id);
            assertThat(tool.json("out.json").get("compressor").text()).isEqualTo("none");
            boots.add(boot);
            Path copy = tool.path("copies-" + tar.getFileName());
            tool.run(
                            "create",
                            "--type",
                            "tar-rafs",
                            "--bootstrap",
                            copy,
                            "--blob-dir",
                            tool.path("blobs"),
                            tar)
                    .succeeded();
            Path named = tool.path(ImageTool.blobs(copy).getFirst().id());
            copies.add(Files.move(copy, named));
        }
        tool.run(boots.toArray()).succeeded();
        tool.run(copies.toArray()).succeeded();
        for (Path tar : List.of(lower, upper)) {
            Files.copy(
                    tar, tool.path("tars").resolve(Digest.sha256Of(Files.readAllBytes(tar)).hex()));
        }
        Path image = tool.path("image");
        assertThat(ImageTool.blobs(image)).hasSize(2);
        assertThat(ImageTool.blobs(image)).allMatch(blob -> blob.has(BlobFeatures.TARFS));
        tool.run("check", image, "--verify-data", "-D", tool.path("tars")).succeeded();
        tool.run("inspect", "-R blobs", image).succeeded();
        byte[] wanted = tool.unpacked(tool.path("copy"));
        tool.run("unpack", image, "-D", tool.path("tars"), "--output", tool.path("out2.tar"))
                .succeeded();
        assertThat(Files.readAllBytes(tool.path("out2.tar"))).isEqualTo(wanted);
        var plain =
                tool.run(
                                "export",
                                "--block",
                                "-B",
                                image,
                                "-D",
                                tool.path("tars"),
                                "-O",
                                tool.path("disk"))
                        .succeeded();
        assertThat(plain.out()).isEmpty();
        byte[] disk = Files.readAllBytes(tool.path("disk"));
        for (var blob : ImageTool.blobs(image)) {
            byte[] tar = Files.readAllBytes(tool.path("tars").resolve(blob.id()));
            int at = (int) blob.mappedBlock() * 512;
            assertThat(Arrays.copyOfRange(disk, at, at + tar.length)).isEqualTo(tar);
        }
        var verity =
                tool.run(
                                "export",
                                "--block",
                                "--verity",
                                "-B",
                                image,
                                "-D",
                                tool.path("tars"),
                                "-O",
                                tool.path("disk2"))
                        .succeeded();
        assertThat(verity.out())
                .startsWith("dm-verity options: --no-superblock --format=1")
                .contains("--data-block-size=512 --hash-block-size=4096");
    }

    @Test
    void whatDoesNotGoWithTarfsIsRefusedByName() throws Exception {
        Path tar = tar("a.tar", "a");
        Files.createDirectories(tool.path("tars"));
        Object[][] wrong = {
            {"--encrypt", "--encrypt"},
            {"--batch-size 0x10000", "--batch-size"},
            {"--blob x", "--blob"},
            {"--chunk-dict x", "--chunk-dict"},
            {"--parent-bootstrap x", "--parent-bootstrap"},
            {"--features blob-toc", "--features"},
            {"--aligned-chunk", "--aligned-chunk"},
            {"--fs-version 5", "--fs-version 5"},
            {"--prefetch-policy blob", "--prefetch-policy blob"},
            {"--blob-id short", "short"}
        };
        for (Object[] one : wrong) {
            var args = new ArrayList<Object>(List.of("create", "-t", "tar-tarfs"));
            args.addAll(List.of("-D", tool.path("tars"), "-B", tool.path("boot")));
            args.addAll(List.of(String.valueOf(one[0]).split(" ", -1)));
            args.add(tar);
            tool.runWith("/\n", args.toArray()).failed(String.valueOf(one[1]));
        }
        tool.run("create", "-t", "tar-tarfs", "-B", tool.path("boot"), tar).misused("--blob-dir");
        tool.run("create", "-t", "tar-tarfs", "-D", tool.path("no"), "-B", tool.path("boot"), tar)
                .misused("--blob-dir");
        assertThat(tool.path("boot")).doesNotExist();
    }

    @Test
    void externalFilesBecomeAnImageOfTheirOwn() throws Exception {
        byte[] blob = ImageTool.noise(77, 500_000);
        String id = Digest.sha256Of(blob).hex();
        tool.write("blobs/" + id, blob);
        tool.write("src/model/weights", "");
        tool.write(
                "attributes",
                "model/weights type=external blob_index=0 blob_id="
                        + id
                        + " chunk_size=64KiB chunk_0_compressed_offset=1536 compressed_size=500000"
                        + " file_size=400000\nlarge type=ignore\n");
        Path boot =
                tool.create(
                        "6",
                        "src",
                        "--attributes",
                        tool.path("attributes"),
                        "-J",
                        tool.path("out.json"));
        Path second = tool.path("src.external");
        assertThat(tool.json("out.json").get("external_bootstrap").text())
                .isEqualTo(second.toString());
        assertThat(ImageTool.texts(tool.json("out.json").get("external_blobs")))
                .containsExactly(id);
        tool.run("check", second, "--verify-data", "-D", tool.path("blobs")).succeeded();
        assertThat(ImageTool.open(boot).root().child("large".getBytes(StandardCharsets.UTF_8)))
                .isNull();
        assertThat(ImageTool.open(boot).root().child("model".getBytes(StandardCharsets.UTF_8)))
                .isNull();
        byte[] tar = tool.unpacked(second);
        assertThat(new String(tar, StandardCharsets.ISO_8859_1))
                .contains(
                        new String(
                                Arrays.copyOfRange(blob, 1536, 401_536),
                                StandardCharsets.ISO_8859_1));
        tool.run(
                        "create",
                        "--blob-inline-meta",
                        "--blob",
                        tool.path("layer"),
                        "--external-blob",
                        tool.path("external-layer"),
                        "--attributes",
                        tool.path("attributes"),
                        tool.path("src"))
                .succeeded();
        byte[] layer = Files.readAllBytes(tool.path("external-layer"));
        byte[] inside =
                BlobReader.inlinedBootstrap(ByteSource.of("layer", MemorySegment.ofArray(layer)));
        tool.write("inside.boot", inside);
        assertThat(tool.unpacked(tool.path("inside.boot"))).isEqualTo(tar);
        tool.run(
                        "create",
                        "--blob-inline-meta",
                        "--blob",
                        tool.path("layer"),
                        "--attributes",
                        tool.path("attributes"),
                        tool.path("src"))
                .failed("--external-blob");
        tool.run(
                        "create",
                        "-D",
                        tool.path("blobs"),
                        "--attributes",
                        tool.path("nothing"),
                        tool.path("src"))
                .failed("nothing");
    }
}
