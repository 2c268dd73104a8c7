package dev.naiad.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.MergeOptions;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.Golden;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayersTest {
    /** A layer as the unpacker writes it: depth first, sorted. */
    private static byte[] sample() {
        var second = owned("etc/second", '1');
        second.link = "etc/owned".getBytes(StandardCharsets.UTF_8);
        return new TestTar()
                .dir("./", 01777)
                .device('3', "console", 5, 1)
                .dir("etc/", 0755)
                .file("etc/.wh..wh..opq", "")
                .file("etc/.wh.gone", "")
                .file("etc/empty", "")
                .symlink("etc/link", "owned")
                .add(
                        owned("etc/owned", '0'),
                        "owned by somebody\n".getBytes(StandardCharsets.UTF_8))
                .add(second, new byte[0])
                .device('6', "pipe", 0, 0)
                .dir("var/", 0700)
                .file("var/big", random(3 << 20))
                .end();
    }

    private static TestTar.Header owned(String name, char type) {
        var header = new TestTar.Header(name, type);
        header.uid = 1000;
        header.gid = 100;
        header.mode = 04755;
        header.mtime = 1_234_567_890;
        return header;
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Packed(NydusLayer layer, byte[] blob) {
        ByteSource source() {
            return ByteSource.of("blob", MemorySegment.ofArray(blob));
        }
    }

    private static Packed pack(byte[] layer) {
        return pack(layer, BuildOptions.forConversion(), KnownImages.NONE);
    }

    private static Packed pack(byte[] layer, BuildOptions options, KnownImages known) {
        var blob = new ByteArrayOutputStream();
        var source = LayerSource.of("a layer", new ByteArrayInputStream(layer));
        var packed = Pack.layer(source, options, known, Channels.newChannel(blob));
        return new Packed(packed, blob.toByteArray());
    }

    private static byte[] unpack(ByteSource blob) {
        var tar = new ByteArrayOutputStream();
        Unpack.layer(blob, tar);
        return tar.toByteArray();
    }

    private static byte[] compress(byte[] tar, LayerStreams.Kind kind) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var layer = new CompressedLayer(out, kind)) {
            layer.write(tar);
        }
        return out.toByteArray();
    }

    @Test
    void whatIsPackedAndUnpackedIsTheSameArchiveByteForByte() {
        var packed = pack(sample());

        assertThat(packed.layer.digest()).isEqualTo(Digest.sha256Of(packed.blob));
        assertThat(packed.layer.size()).isEqualTo(packed.blob.length);
        assertThat(unpack(packed.source())).isEqualTo(sample());
        assertThat(unpack(new WindowedSource(packed.source(), 1000, 3))).isEqualTo(sample());
    }

    @Test
    void directoriesThatALayerDidNotListAndLinksToLayersBelowComeBackAsTheyWere() {
        var link = new TestTar.Header("usr/bin/link", '1');
        link.link = "usr/bin/below".getBytes(StandardCharsets.UTF_8);
        link.mode = 0777;
        link.mtime = 0;
        byte[] tar = new TestTar().add(link, new byte[0]).file("usr/lib/new", "n").end();

        assertThat(unpack(pack(tar).source())).isEqualTo(tar);
    }

    @Test
    void attributesLongNamesAndFractionsOfSecondsComeBack() {
        String longName = "d/" + "n".repeat(200);
        byte[] tar =
                new TestTar()
                        .dir("d/", 0755)
                        .pax(
                                'x',
                                "path=" + longName,
                                "mtime=1600000000.123456789",
                                "SCHILY.xattr.user.key=a value",
                                "SCHILY.xattr.security.capability=\u0001\u0000\u0000\u0002")
                        .file("short", "content")
                        .add(
                                new TestTar.Header(new byte[] {'d', '/', (byte) 0xe9}, '0'),
                                new byte[] {1})
                        .end();

        byte[] once = unpack(pack(tar).source());

        assertThat(unpack(pack(once).source())).isEqualTo(once);
        assertThat(new String(once, StandardCharsets.ISO_8859_1))
                .contains("path=" + longName)
                .contains("d/\u00e9\u0000")
                .contains("mtime=1600000000.123456789")
                .contains("SCHILY.xattr.user.key=a value")
                .contains("SCHILY.xattr.security.capability=\u0001\u0000\u0000\u0002");
    }

    @ParameterizedTest
    @EnumSource(LayerStreams.Kind.class)
    void anyCompressionGivesTheSameNydusLayerAndComesBack(LayerStreams.Kind kind)
            throws IOException {
        byte[] layer = compress(sample(), kind);
        var packed = pack(layer);

        assertThat(packed.layer.digest()).isEqualTo(pack(sample()).layer.digest());
        var out = new ByteArrayOutputStream();
        var compressed = new CompressedLayer(out, kind);
        try (compressed) {
            Unpack.layer(packed.source(), compressed);
        }
        assertThat(compressed.descriptor().digest()).isEqualTo(Digest.sha256Of(out.toByteArray()));
        assertThat(compressed.diffId()).isEqualTo(Digest.sha256Of(sample()));
        try (InputStream plain =
                LayerStreams.open(new ByteArrayInputStream(out.toByteArray()), "layer")) {
            assertThat(plain.readAllBytes()).isEqualTo(sample());
        }
    }

    @Test
    void theSmallPartsReadFromABlobAreThoseOfThePacking() {
        var packed = pack(sample());

        var read = NydusLayer.read(packed.layer.digest(), packed.source());

        assertThat(read.bootstrap()).isEqualTo(packed.layer.bootstrap());
        assertThat(read.blobMeta()).isEqualTo(packed.layer.blobMeta()).isNotEmpty();
        assertThat(read.size()).isEqualTo(packed.layer.size());
        assertThat(read.descriptor().mediaType()).isEqualTo(MediaTypes.NYDUS_BLOB);
        assertThat(NydusLayer.isBlob(read.descriptor())).isTrue();
        assertThat(NydusLayer.isOne(packed.source())).isTrue();
        assertThat(NydusLayer.isOne(ByteSource.of("tar", MemorySegment.ofArray(sample()))))
                .isFalse();
    }

    @Test
    void anEmptyLayerIsABlobOfMetadataAndComesBackEmpty() {
        var packed = pack(new TestTar().end());

        assertThat(packed.layer.blobMeta()).isEmpty();
        assertThat(NydusLayer.isOne(packed.source())).isTrue();
        assertThat(unpack(packed.source())).isEqualTo(new TestTar().end());
        assertThat(Merge.layers(List.of(packed.layer)).blobs())
                .containsExactly(packed.layer.digest());
    }

    @Test
    void aVersionFiveLayerComesBackToo() {
        var packed =
                pack(
                        sample(),
                        BuildOptions.forConversion().withToc(false).withVersion(RafsVersion.V5),
                        KnownImages.NONE);

        assertThat(NydusLayer.isOne(packed.source())).isTrue();
        assertThat(unpack(packed.source())).isEqualTo(sample());
    }

    @Test
    void aSourceThatIsNotWhatItsManifestSaysIsRefused() {
        byte[] tar = sample();
        var wrong = Digest.sha256Of(new byte[1]);
        var sink = new ByteArrayOutputStream();

        assertThatThrownBy(() -> Pack.layer(stream(tar).withDigest(wrong, tar.length), sink))
                .satisfies(e -> assertThat(kind(e)).isEqualTo(ErrorKind.DATA_LOSS));
        assertThatThrownBy(() -> Pack.layer(stream(tar).withDiffId(wrong), sink))
                .satisfies(e -> assertThat(kind(e)).isEqualTo(ErrorKind.DATA_LOSS));
        assertThatThrownBy(() -> Pack.layer(stream(tar).withDigest(Digest.sha256Of(tar), 5), sink))
                .satisfies(e -> assertThat(kind(e)).isEqualTo(ErrorKind.DATA_LOSS));
        assertThat(
                        Pack.layer(
                                        stream(tar)
                                                .withDigest(Digest.sha256Of(tar), tar.length)
                                                .withDiffId(Digest.sha256Of(tar)),
                                        sink)
                                .digest())
                .isEqualTo(pack(tar).layer.digest());
    }

    /** Whatever follows what is unpacked is part of the layer: its digest and its size count it. */
    @ParameterizedTest
    @EnumSource(LayerStreams.Kind.class)
    void bytesBehindTheArchiveOrItsLastMemberBelongToTheDigest(LayerStreams.Kind kind)
            throws IOException {
        byte[] layer = compress(sample(), kind);
        // A skippable frame is what zstd allows there; more than any buffer holds.
        byte[] behind = new byte[300_000];
        if (kind == LayerStreams.Kind.ZSTD) {
            System.arraycopy(new byte[] {0x50, 0x2a, 0x4d, 0x18}, 0, behind, 0, 4);
            int content = behind.length - 8;
            for (int i = 0; i < 4; i++) {
                behind[4 + i] = (byte) (content >> (8 * i));
            }
        }
        byte[] longer = Arrays.copyOf(layer, layer.length + behind.length);
        System.arraycopy(behind, 0, longer, layer.length, behind.length);
        var sink = new ByteArrayOutputStream();
        var whole = stream(longer).withDigest(Digest.sha256Of(longer), longer.length);
        assertThat(Pack.layer(whole, sink).digest()).isEqualTo(pack(layer).layer.digest());
        for (int size : new int[] {layer.length, longer.length, -1}) {
            var shorter = stream(longer).withDigest(Digest.sha256Of(layer), size);
            assertThatThrownBy(() -> Pack.layer(shorter, sink))
                    .satisfies(e -> assertThat(kind(e)).isEqualTo(ErrorKind.DATA_LOSS));
        }
        // What no unpacker would take is refused even if the digest covers it.
        byte[] garbage = Arrays.copyOf(layer, layer.length + 5000);
        Arrays.fill(garbage, layer.length, garbage.length, (byte) 'x');
        var covered = stream(garbage).withDigest(Digest.sha256Of(garbage), garbage.length);
        assertThatThrownBy(() -> Pack.layer(covered, sink))
                .isInstanceOf(CorruptFormatException.class);
    }

    @Test
    void aReferenceToALayerThatIsNotWhatItsDigestSaysIsRefused() throws IOException {
        byte[] gzip = compress(sample(), LayerStreams.Kind.GZIP);
        byte[] longer = Arrays.copyOf(gzip, gzip.length + 300_000);
        var wrong = Digest.sha256Of(new byte[1]);
        for (var source :
                List.of(
                        stream(gzip).withDigest(wrong, gzip.length),
                        stream(longer).withDigest(Digest.sha256Of(gzip), -1),
                        stream(gzip).withDigest(Digest.sha256Of(gzip), gzip.length + 1))) {
            assertThatThrownBy(
                            () ->
                                    Pack.reference(
                                            source,
                                            BuildOptions.forConversion(),
                                            Channels.newChannel(new ByteArrayOutputStream())))
                    .satisfies(e -> assertThat(kind(e)).isEqualTo(ErrorKind.DATA_LOSS));
        }
    }

    private static LayerSource stream(byte[] bytes) {
        return LayerSource.of("a layer", new ByteArrayInputStream(bytes));
    }

    private static ErrorKind kind(Throwable e) {
        return ((NaiadException) e).kind();
    }

    @Test
    void aFlippedByteOfTheDataIsAnErrorAndNeverContent() {
        var packed = pack(sample());
        packed.blob[100] ^= 1;

        assertThatThrownBy(() -> unpack(packed.source()))
                .isInstanceOf(CorruptFormatException.class);
    }

    @Test
    void aTarIsNoNydusLayer() {
        assertThatThrownBy(() -> unpack(ByteSource.of("a tar", MemorySegment.ofArray(sample()))))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("holds no bootstrap");
    }

    @Test
    void aMergedImageNamesTheBlobsOfItsLayersAndHoldsTheirChunkTables() throws IOException {
        var lower = pack(sample()).layer;
        var empty = pack(new TestTar().dir("etc/", 0755).end()).layer;
        var upper = pack(new TestTar().file("etc/new", "n").end()).layer;

        var merged = Merge.layers(List.of(lower, empty, upper));

        assertThat(merged.blobs()).containsExactly(lower.digest(), empty.digest(), upper.digest());
        assertThat(ids(image(merged.bootstrap())))
                .containsExactlyInAnyOrder(lower.digest().hex(), upper.digest().hex());
        byte[] tar;
        try (var plain =
                LayerStreams.open(new ByteArrayInputStream(merged.layer().gzip()), "layer")) {
            tar = plain.readAllBytes();
        }
        assertThat(merged.layer().diffId()).isEqualTo(Digest.sha256Of(tar));
        assertThat(new String(tar, StandardCharsets.ISO_8859_1))
                .contains(
                        "image/image.boot",
                        "image/" + lower.digest().hex() + ".blob.meta",
                        "image/" + upper.digest().hex() + ".blob.meta")
                .doesNotContain(empty.digest().hex() + ".blob.meta");
    }

    private static Bootstrap image(byte[] bootstrap) {
        return BootstrapReader.open(MemorySegment.ofArray(bootstrap), "merged");
    }

    private static List<String> ids(Bootstrap image) {
        return image.blobs().stream().map(BlobInfo::id).toList();
    }

    @Test
    void aLayerBuiltWithADictionaryNeedsTheDictionarysBlobAndSaysSo() {
        byte[] shared = random(2 << 20);
        var base = pack(new TestTar().file("shared", shared).end());
        var dictionary = image(Merge.layers(List.of(base.layer)).bootstrap());
        byte[] tar = new TestTar().file("copy", shared).file("own", "own").end();
        var known = new KnownImages(null, dictionary);
        var packed = pack(tar, BuildOptions.forConversion(), known);
        assertThat(packed.blob.length).isLessThan(shared.length / 10);

        var out = new ByteArrayOutputStream();
        var asked = new ArrayList<String>();
        Unpack.layer(
                packed.source(),
                info -> {
                    asked.add(info.id());
                    return base.source();
                },
                out);

        assertThat(out.toByteArray()).isEqualTo(tar);
        assertThat(asked).containsExactly(base.layer.digest().hex());
        assertThatThrownBy(() -> unpack(packed.source()))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining(base.layer.digest().hex());
        var options =
                new MergeOptions(
                        MergeOptions.forConversion().prefetch(), List.of("/"), null, dictionary);
        assertThat(Merge.layers(List.of(packed.layer), options, Map.of()).blobs())
                .containsExactly(packed.layer.digest(), base.layer.digest());
    }

    @Test
    void aReferenceLeavesTheDataInTheLayerAndComesBackWithIt() throws IOException {
        byte[] gzip = compress(sample(), LayerStreams.Kind.GZIP);
        var original = Digest.sha256Of(gzip);
        var blob = new ByteArrayOutputStream();

        var layer =
                Pack.reference(
                        stream(gzip).withDigest(original, gzip.length),
                        BuildOptions.forConversion(),
                        Channels.newChannel(blob));

        assertThat(blob.size()).isLessThan(gzip.length / 10);
        assertThat(layer.descriptor().annotations())
                .containsEntry(NydusAnnotations.REF, original.toString());
        var source = ByteSource.of("reference", MemorySegment.ofArray(blob.toByteArray()));
        var read = NydusLayer.read(layer.digest(), source);
        assertThat(read.original()).isEqualTo(original);
        assertThat(read.blobMeta()).isEqualTo(layer.blobMeta()).isNotEmpty();
        var out = new ByteArrayOutputStream();
        Unpack.layer(
                source,
                info -> {
                    assertThat(info.id()).isEqualTo(original.hex());
                    return ByteSource.of("layer", MemorySegment.ofArray(gzip));
                },
                out);
        assertThat(out.toByteArray()).isEqualTo(sample());
        var merged = Merge.layers(List.of(read));
        assertThat(merged.blobs()).containsExactly(layer.digest());
        assertThat(ids(image(merged.bootstrap()))).containsExactly(original.hex());
        assertThatThrownBy(
                        () ->
                                Pack.reference(
                                        stream(gzip),
                                        BuildOptions.forConversion(),
                                        Channels.newChannel(blob)))
                .hasMessageContaining("digest");
    }

    @Test
    void aLayerOfTheOriginalBuilderComesBack() {
        String id = "2fa78cad554b75ac91a4a125ed148d0ddeb25efa4aaa8bd80e5dc292690a4dca";
        byte[] blob = Golden.bytes("nydus", "toc", id);

        var layer =
                NydusLayer.read(Digest.sha256(id), ByteSource.of(id, MemorySegment.ofArray(blob)));

        assertThat(Merge.layers(List.of(layer)).blobs()).containsExactly(layer.digest());
        byte[] tar = unpack(ByteSource.of(id, MemorySegment.ofArray(blob)));
        assertThat(unpack(pack(tar).source())).isEqualTo(tar);
    }

    @Test
    void manifestsTellNydusLayersByTheirAnnotations() {
        var plain = pack(sample()).layer.descriptor();

        assertThat(NydusLayer.isBootstrap(plain)).isFalse();
        assertThat(NydusLayer.isBootstrap(plain.withAnnotation(NydusAnnotations.BOOTSTRAP, "true")))
                .isTrue();
        assertThat(NydusLayer.isBlob(plain.withoutAnnotation(NydusAnnotations.BLOB))).isFalse();
    }
}
