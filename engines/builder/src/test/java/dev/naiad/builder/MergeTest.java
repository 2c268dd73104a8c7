package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.LayerHint;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Layers over each other, by the OCI rules. */
class MergeTest {
    private final Map<String, byte[]> blobs = new TreeMap<>();

    private LayerBootstrap layer(byte[] tar) {
        return layer(tar, BuildOptions.forConversion().withThreads(2));
    }

    private LayerBootstrap layer(byte[] tar, BuildOptions options) {
        var blob = new ByteArrayOutputStream();
        var layer =
                LayerBuilder.fromTar(
                        "layer.tar",
                        Channels.newChannel(new ByteArrayInputStream(tar)),
                        options,
                        Channels.newChannel(blob));
        blobs.put(layer.digest().hex(), blob.toByteArray());
        return LayerBootstrap.of(layer.digest().hex(), MemorySegment.ofArray(layer.bootstrap()));
    }

    private BuiltImage merge(LayerBootstrap... layers) {
        var merged = ImageMerger.merge(List.of(layers), MergeOptions.forConversion());
        Bootstrap image =
                BootstrapReader.open(MemorySegment.ofArray(merged.bootstrap()), "merged.boot");
        assertThat(image.blobs().stream().map(blob -> blob.id()).toList())
                .isEqualTo(merged.blobIds());
        return new BuiltImage(
                image,
                blobs,
                merged.bootstrap(),
                new BuiltLayer(
                        Digest.sha256Of(merged.bootstrap()),
                        0,
                        merged.bootstrap(),
                        new byte[0],
                        merged.blobs(),
                        new BuildStatistics(merged.entries(), 0, 0, 0, 0)));
    }

    @Test
    void upperEntriesReplaceAndAddAndKeepWhatIsBelow() {
        var image =
                merge(
                        layer(
                                new TestTar()
                                        .dir("d", 0700)
                                        .file("d/a", "1")
                                        .file("d/b", "2")
                                        .file("f", "3")
                                        .end()),
                        layer(
                                new TestTar()
                                        .dir("d", 0755)
                                        .file("d/b", "22")
                                        .file("d/c", "4")
                                        .dir("f", 0755)
                                        .file("f/x", "5")
                                        .end()));
        assertThat(image.paths()).containsExactly("/d/", "/d/a", "/d/b", "/d/c", "/f/", "/f/x");
        assertThat(image.at("/d").mode()).isEqualTo(040755);
        assertThat(
                        image.text("/d/a")
                                + image.text("/d/b")
                                + image.text("/d/c")
                                + image.text("/f/x"))
                .isEqualTo("12245");
        assertThat(image.image().blobs()).hasSize(2);
        assertThat(image.image().prefetch()).containsExactly(image.image().root().number());
    }

    @Test
    void whiteoutsRemoveAndVanish() {
        var image =
                merge(
                        layer(
                                new TestTar()
                                        .file("d/a", "1")
                                        .file("d/sub/x", "2")
                                        .file("keep", "3")
                                        .end()),
                        layer(
                                new TestTar()
                                        .file("d/.wh.a", "")
                                        .file(".wh.nothing", "")
                                        .file("d/.wh.sub", "")
                                        .file("d/sub/y", "4")
                                        .end()));
        assertThat(image.paths()).containsExactly("/d/", "/d/sub/", "/d/sub/y", "/keep");
    }

    @Test
    void opaqueDirectoriesHideWhatIsBelow() {
        var image =
                merge(
                        layer(new TestTar().file("d/a", "1").file("d/sub/x", "2").end()),
                        layer(
                                new TestTar()
                                        .dir("d", 0711)
                                        .file("d/b", "3")
                                        .file("d/.wh..wh..opq", "")
                                        .end()));
        assertThat(image.paths()).containsExactly("/d/", "/d/b");
        // Nothing uses the lower blob any more.
        assertThat(image.image().blobs()).hasSize(1);
        assertThat(image.text("/d/b")).isEqualTo("3");
    }

    @Test
    void markersOfTheLowestLayerVanishToo() {
        var image =
                merge(
                        layer(new TestTar().file(".wh.x", "").file("a", "1").end()),
                        layer(new TestTar().file("b", "2").end()));
        assertThat(image.paths()).containsExactly("/a", "/b");
    }

    @Test
    void directoriesThatALayerLeavesOutKeepTheirAttributesAndSymlinksLeadOn() {
        var image =
                merge(
                        layer(
                                new TestTar()
                                        .dir("./", 0711)
                                        .dir("usr/lib", 0750)
                                        .symlink("lib", "usr/lib")
                                        .symlink("nowhere", "../../gone/for/good")
                                        .end()),
                        layer(
                                new TestTar()
                                        .file("usr/lib/a", "1")
                                        .file("lib/b", "2")
                                        .file("nowhere/c", "3")
                                        .end()));
        assertThat(image.paths())
                .containsExactly(
                        "/gone/",
                        "/gone/for/",
                        "/gone/for/good/",
                        "/gone/for/good/c",
                        "/lib",
                        "/nowhere",
                        "/usr/",
                        "/usr/lib/",
                        "/usr/lib/a",
                        "/usr/lib/b");
        assertThat(image.image().root().mode()).isEqualTo(040711);
        assertThat(image.at("/usr/lib").mode()).isEqualTo(040750);
        assertThat(image.at("/usr/lib").mtimeSeconds()).isEqualTo(1_600_000_000);
    }

    @Test
    void aHardLinkMayLeadIntoALowerLayer() {
        var lower = layer(new TestTar().file("bin/busybox", "b").symlink("sbin", "bin").end());
        var upper = layer(new TestTar().hardlink("ls", "sbin/busybox").end());
        var alone = BootstrapReader.open(upper.bootstrap(), "upper");
        var link =
                Objects.requireNonNull(alone.root().child("ls".getBytes(StandardCharsets.UTF_8)));
        assertThat(link.layerHint()).isEqualTo(LayerHint.LINK_BELOW);
        assertThat(link.symlinkTarget())
                .isEqualTo("/sbin/busybox".getBytes(StandardCharsets.UTF_8));
        var image = merge(lower, upper);
        assertThat(image.at("/ls").number()).isEqualTo(image.at("/bin/busybox").number());
        assertThat(image.at("/ls").linkCount()).isEqualTo(2);
        assertThat(image.at("/ls").layerHint()).isEqualTo(LayerHint.NONE);
        assertThatThrownBy(() -> merge(upper))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("hard link /ls")
                .hasMessageContaining("/sbin/busybox");
    }

    @Test
    void hardLinksStayTogetherWithinALayerAndApartBetweenLayers() {
        var image =
                merge(
                        layer(new TestTar().file("a", "same").hardlink("b", "a").end()),
                        layer(new TestTar().file("b", "same").hardlink("c", "b").end()));
        assertThat(image.at("/a").linkCount()).isEqualTo(1);
        assertThat(image.at("/b").linkCount()).isEqualTo(2);
        assertThat(image.at("/b").number()).isEqualTo(image.at("/c").number());
        assertThat(image.at("/a").number()).isNotEqualTo(image.at("/b").number());
    }

    @Test
    void blobsAreNumberedInOrderOfFirstUseAndLayersWithoutDataHaveNone() {
        var lower = layer(new TestTar().file("z", "1").end());
        var empty = layer(new TestTar().dir("m", 0755).symlink("n", "z").end());
        var upper = layer(new TestTar().file("a", "2").end());
        var image = merge(lower, empty, upper);
        assertThat(image.image().blobs().stream().map(blob -> blob.id()).toList())
                .containsExactly(upper.blobId(), lower.blobId());
        assertThat(image.text("/a") + image.text("/z")).isEqualTo("21");
    }

    @Test
    void mergingOneLayerOfManyThousandEntriesKeepsAll() {
        var tar = new TestTar();
        for (int i = 0; i < 3000; i++) {
            tar.file("dir/with/many/file" + i, "content " + i % 7);
        }
        var image = merge(layer(tar.end()));
        assertThat(image.paths()).hasSize(3003);
        assertThat(BuiltImage.names(image.at("/dir/with/many"))).hasSize(3000).isSorted();
        assertThat(image.text("/dir/with/many/file2999")).isEqualTo("content " + 2999 % 7);
        assertThat(image.image().blobs().getFirst().chunkCount()).isEqualTo(7);
    }

    @Test
    void layersOfDifferentOptionsAreRefusedByName() {
        var one = layer(new TestTar().file("a", "1").end());
        var other =
                layer(
                        new TestTar().file("b", "2").end(),
                        BuildOptions.forConversion().withChunkSize(0x200000));
        assertThatThrownBy(() -> merge(one, other))
                .isInstanceOf(InconsistentLayersException.class)
                .hasMessageContaining("chunk size")
                .hasMessageContaining("0x200000")
                .hasMessageContaining("0x100000");
        var anonymous =
                layer(
                        new TestTar().file("b", "2").end(),
                        BuildOptions.forConversion().withExplicitOwners(false));
        assertThatThrownBy(() -> merge(one, anonymous))
                .isInstanceOf(InconsistentLayersException.class);
        assertThatThrownBy(() -> ImageMerger.merge(new ArrayList<>(), MergeOptions.defaults()))
                .isInstanceOf(NaiadException.class);
    }

    /** As many layers, of a file each, as one build makes by another name: a build takes longer. */
    private LayerBootstrap[] layers(int count, BuildOptions options) {
        var one = layer(new TestTar().file("file-000", "content").end(), options);
        byte[] blob = Objects.requireNonNull(blobs.get(one.blobId()));
        byte[] bytes = one.bootstrap().toArray(ValueLayout.JAVA_BYTE);
        int name = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("file-000");
        var layers = new LayerBootstrap[count];
        for (int i = 0; i < count; i++) {
            byte[] number = String.format("%03d", i).getBytes(StandardCharsets.US_ASCII);
            byte[] copy = bytes.clone();
            System.arraycopy(number, 0, copy, name + 5, 3);
            String id = Digest.sha256Of(number).hex();
            blobs.put(id, blob);
            layers[i] = LayerBootstrap.of(id, MemorySegment.ofArray(copy));
        }
        return layers;
    }

    private static void assertEachFileHasItsBlob(BuiltImage image, int count) {
        assertThat(image.image().blobs()).hasSize(count);
        for (int i = 0; i < count; i++) {
            String path = String.format("/file-%03d", i);
            assertThat(image.text(path)).isEqualTo("content");
            var blob = image.image().blobs().get(image.at(path).chunkRef(0).blobIndex());
            assertThat(blob.id())
                    .isEqualTo(
                            Digest.sha256Of(
                                            String.format("%03d", i)
                                                    .getBytes(StandardCharsets.US_ASCII))
                                    .hex());
        }
    }

    /** Readers have a byte for the blob of a chunk, and zero of it is taken. */
    @Test
    void anImageOfVersionSixHasUpTo254BlobsAndNotOneMore() {
        var layers = layers(255, BuildOptions.forConversion());

        assertEachFileHasItsBlob(merge(Arrays.copyOf(layers, 254)), 254);
        assertThatThrownBy(() -> merge(layers))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("255 blobs in one image")
                .hasMessageContaining("254: merge layers first");
    }

    @Test
    void anImageOfVersionFiveHasNoSuchLimit() {
        var image =
                merge(
                        layers(
                                300,
                                BuildOptions.forConversion()
                                        .withToc(false)
                                        .withVersion(RafsVersion.V5)));

        assertEachFileHasItsBlob(image, 300);
    }
}
