package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.tarfs.TarfsBuilder;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images whose data are tar archives. */
class TarfsTest {
    @TempDir Path directory = Path.of("");

    private static Map<String, byte[]> files(long seed) {
        var random = new Random(seed);
        var files = new LinkedHashMap<String, byte[]>();
        for (int size : new int[] {0, 1, 511, 512, 513, 4096, 65536, 65537, 131072, 300_000}) {
            byte[] content = new byte[size];
            random.nextBytes(content);
            files.put(seed + "-size-" + size, content);
            files.put(seed + "-same-" + size, content);
        }
        return files;
    }

    private static byte[] tar(Map<String, byte[]> files) {
        var all = new TestTar().dir("dir", 0755);
        files.forEach(all::file);
        return all.symlink("dir/link", "../target")
                .hardlink("dir/hard", files.keySet().stream().toList().getLast())
                .device('3', "dir/null", 1, 3)
                .end();
    }

    private static BuildOptions options() {
        return BuildOptions.defaults().withChunkSize(0x10000);
    }

    private static BuiltLayer build(byte[] tar) {
        return TarfsBuilder.build(
                "layer.tar", Channels.newChannel(new ByteArrayInputStream(tar)), options());
    }

    private static String id(BuiltLayer built) {
        return built.blobs().getFirst().id();
    }

    private static Bootstrap open(byte[] bootstrap) {
        return BootstrapReader.open(MemorySegment.ofArray(bootstrap), "tarfs.boot");
    }

    @Test
    void everyFileIsFoundInTheArchive() {
        var files = files(1);
        byte[] tar = tar(files);
        var built = build(tar);
        var image = open(built.bootstrap());
        ImageCheck.check(image);
        assertThat(image.isTarfs()).isTrue();
        assertThat(image.blockSize()).isEqualTo(512);
        var blob = image.blobs().getFirst();
        assertThat(blob.id()).isEqualTo(Digest.sha256Of(tar).hex());
        assertThat(blob.features().bits()).isEqualTo(BlobFeatures.TARFS | BlobFeatures.CAP_TAR_TOC);
        assertThat(blob.compressedSize()).isEqualTo(tar.length);
        assertThat(blob.uncompressedSize()).isEqualTo(tar.length);
        assertThat(blob.blocks()).isEqualTo(tar.length / 512);
        files.forEach(
                (name, content) -> {
                    var inode = image.root().child(name.getBytes(StandardCharsets.UTF_8));
                    assertThat(inode).as(name).isNotNull();
                    var found = new ByteArrayOutputStream();
                    for (int k = 0; inode != null && k < inode.chunkCount(); k++) {
                        var chunk = inode.chunk(k);
                        assertThat(chunk.uncompressedOffset() % 512).isZero();
                        found.write(
                                tar, (int) chunk.uncompressedOffset(), chunk.uncompressedSize());
                    }
                    assertThat(found.toByteArray()).as(name).isEqualTo(content);
                });
    }

    @Test
    void aKnownIdSavesReadingTheData() throws IOException {
        byte[] tar = tar(files(2));
        Path file = directory.resolve("layer.tar");
        Files.write(file, tar);
        String id = "ab".repeat(32);
        try (var channel = FileChannel.open(file)) {
            var built = TarfsBuilder.build(file.toString(), channel, options().withBlobId(id));
            var image = open(built.bootstrap());
            assertThat(image.blobs().getFirst().id()).isEqualTo(id);
            assertThat(image.blobs().getFirst().compressedSize()).isEqualTo(tar.length);
        }
        var named =
                TarfsBuilder.build(
                        "pipe",
                        Channels.newChannel(new ByteArrayInputStream(tar)),
                        options().withBlobId(id));
        var digested = build(tar);
        assertThat(named.bootstrap()).hasSameSizeAs(digested.bootstrap());
        try (var channel = FileChannel.open(file)) {
            assertThat(TarfsBuilder.build("file", channel, options().withBlobId(id)).bootstrap())
                    .isEqualTo(named.bootstrap());
        }
    }

    @Test
    void layersAreMergedAndUnpackedAgain() {
        byte[] lower = tar(files(3));
        var upperFiles = files(4);
        upperFiles.put("3-size-513", "replaced".getBytes(StandardCharsets.UTF_8));
        byte[] upper = tar(upperFiles);
        var one = build(lower);
        var two = build(upper);
        var merged =
                ImageMerger.merge(
                        List.of(
                                LayerBootstrap.of(
                                        "whatever", MemorySegment.ofArray(one.bootstrap())),
                                LayerBootstrap.of("name", MemorySegment.ofArray(two.bootstrap()))),
                        MergeOptions.defaults());
        var image = open(merged.bootstrap());
        assertThat(image.isTarfs()).isTrue();
        assertThat(merged.blobIds()).containsExactlyInAnyOrder(id(one), id(two));
        var tars = Map.of(id(one), lower, id(two), upper);
        var out = new ByteArrayOutputStream();
        ImageUnpacker.unpack(
                image,
                blob ->
                        ByteSource.of(
                                blob.id(),
                                MemorySegment.ofArray(Objects.requireNonNull(tars.get(blob.id())))),
                out,
                "out");
        var again = BuiltImage.ofTar(out.toByteArray(), options());
        var wanted = new LinkedHashMap<>(files(3));
        wanted.putAll(upperFiles);
        wanted.forEach((name, content) -> assertThat(again.content("/" + name)).isEqualTo(content));
        var plain = BuiltImage.ofTar(lower, options());
        assertThatThrownBy(
                        () ->
                                ImageMerger.merge(
                                        List.of(
                                                LayerBootstrap.of(
                                                        id(one),
                                                        MemorySegment.ofArray(one.bootstrap())),
                                                LayerBootstrap.of(
                                                        plain.layer().digest().hex(),
                                                        MemorySegment.ofArray(plain.bootstrap()))),
                                        MergeOptions.defaults()))
                .isInstanceOf(InconsistentLayersException.class)
                .hasMessageContaining("tarfs mode");
    }

    @Test
    void aLayerWithoutDataHasNoBlob() {
        byte[] tar = new TestTar().dir("only", 0700).symlink("link", "only").end();
        var built = build(tar);
        var image = open(built.bootstrap());
        assertThat(image.blobs()).isEmpty();
        assertThat(image.isTarfs()).isTrue();
        assertThat(ImageCheck.check(image).entries()).isEqualTo(3);
    }

    @Test
    void whatCannotBeMountedIsRefused() throws IOException {
        byte[] tar = tar(files(5));
        var gzip = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(gzip)) {
            out.write(tar);
        }
        assertThatThrownBy(() -> build(gzip.toByteArray()))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("layer.tar")
                .hasMessageContaining("decompress it first");
        assertThatThrownBy(() -> build(Arrays.copyOf(tar, tar.length / 2 - 700)))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("layer.tar");
        assertThatThrownBy(() -> build(new byte[0])).isInstanceOf(CorruptFormatException.class);
        byte[] unpadded = new TestTar().file("last", "not a whole block").end();
        assertThatThrownBy(() -> build(Arrays.copyOf(unpadded, 512 + 17)))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("whole blocks");
        assertThatThrownBy(
                        () ->
                                TarfsBuilder.build(
                                        "x",
                                        Channels.newChannel(new ByteArrayInputStream(tar)),
                                        options().withVersion(RafsVersion.V5)))
                .hasMessageContaining("--fs-version 6");
        assertThatThrownBy(() -> options().withBlobId("short")).hasMessageContaining("short");
    }
}
