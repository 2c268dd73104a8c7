package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.reference.ZranIndex;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.BlobMetaHeader;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.rafs.blob.JoinedChunks;
import dev.naiad.testkit.Golden;
import dev.naiad.testkit.SeededRandom;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that refer to the layer they were made of: zran, and plain tar. */
final class ReferenceBuildTest {
    private static final BuildOptions INLINE =
            BuildOptions.forConversion().withPrefetch(PrefetchPolicy.NONE, List.of());

    private final Random random = SeededRandom.create("ReferenceBuildTest");

    private byte[] noise(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] sample(int files, int largest) {
        var tar = new TestTar();
        tar.dir("d/", 0755);
        byte[] twice = SeededRandom.text(random, 70_000);
        tar.file("d/empty", new byte[0]);
        for (int i = 0; i < files; i++) {
            int size = random.nextInt(largest);
            byte[] content =
                    switch (random.nextInt(5)) {
                        case 0 -> noise(size);
                        case 1 -> new byte[size];
                        case 2 -> twice;
                        default -> SeededRandom.text(random, size);
                    };
            tar.file("d/file-" + i, content);
        }
        tar.hardlink("hard", "d/file-1");
        tar.symlink("soft", "d/file-2");
        return tar.end();
    }

    private static byte[] ordinary(byte[] tar, BuildOptions options) {
        var image =
                BuiltImage.ofTar(
                        tar, options.withCompressor(Compressor.NONE).withDigester(Digester.SHA256));
        var out = new ByteArrayOutputStream();
        ImageUnpacker.unpack(
                image.image(),
                info -> ByteSource.of("blob", MemorySegment.ofArray(image.blob())),
                out,
                "out.tar");
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 60})
    void filesComeBackFromTheOriginalLayer(int members) {
        byte[] tar = sample(25, 200_000);
        byte[] layer = ReferenceLayer.gzip(tar, random, members);
        for (int chunkSize : new int[] {0x1000, 0x100000}) {
            var options = INLINE.withChunkSize(chunkSize);
            var image = ReferenceLayer.of(layer, options);
            assertThat(image.unpacked()).isEqualTo(ordinary(tar, options));
            assertThat(image.meta().length).isLessThan(layer.length);
        }
    }

    @Test
    void theBlobTableNamesTheLayerAndTheBlobThatDescribesIt() {
        byte[] layer = ReferenceLayer.gzip(sample(10, 200_000), random, 1);
        var apart = ReferenceLayer.of(layer, BuildOptions.defaults());
        var blob = apart.blob();
        assertThat(blob.id()).isEqualTo(Digest.sha256Of(layer).hex());
        assertThat(blob.compressedSize()).isEqualTo(layer.length);
        assertThat(blob.compressor()).isEqualTo(Compressor.GZIP);
        assertThat(blob.digester()).isEqualTo(Digester.SHA256);
        assertThat(blob.meta().compressor()).isEqualTo(Compressor.ZSTD);
        assertThat(blob.meta().offset()).isZero();
        assertThat(blob.features().bits())
                .isEqualTo(
                        BlobFeatures.CAP_TAR_TOC
                                | BlobFeatures.ALIGNED
                                | BlobFeatures.CHUNK_INFO_V2
                                | BlobFeatures.ZRAN
                                | BlobFeatures.SEPARATE);
        assertThat(Hex.encode(blob.metaDigest())).isEqualTo(Digest.sha256Of(apart.meta()).hex());
        assertThat(blob.metaSize()).isEqualTo(apart.meta().length);
        assertThat(apart.built().digest()).isEqualTo(Digest.sha256Of(apart.meta()));
        // The blob is its chunk information and nothing else.
        assertThat(apart.meta().length).isEqualTo((int) blob.meta().compressedSize() + 4096);

        var inlined = ReferenceLayer.of(layer, INLINE);
        assertThat(inlined.blob().id()).isEqualTo(blob.id());
        assertThat(inlined.blob().namesMetaBlob()).isFalse();
        var sections = BlobSections.walk(ByteSource.of("m", MemorySegment.ofArray(inlined.meta())));
        assertThat(sections.stream().map(BlobSections.Section::name))
                .containsExactly("blob.meta", "blob.digest", "image.boot", "rafs.blob.toc");
        assertThat(
                        BlobReader.inlinedBootstrap(
                                ByteSource.of("m", MemorySegment.ofArray(inlined.meta()))))
                .isEqualTo(inlined.built().bootstrap());
        assertThat(inlined.built().hasData()).isTrue();
    }

    @Test
    void chunksOfAPlainArchiveAreReadWhereTheyStand() {
        byte[] tar = sample(30, 300_000);
        var image = ReferenceLayer.of(tar, BuildOptions.defaults());
        assertThat(image.blob().features().bits())
                .isEqualTo(
                        BlobFeatures.CAP_TAR_TOC
                                | BlobFeatures.ALIGNED
                                | BlobFeatures.CHUNK_INFO_V2
                                | BlobFeatures.SEPARATE);
        assertThat(image.blob().id()).isEqualTo(Digest.sha256Of(tar).hex());
        assertThat(image.unpacked()).isEqualTo(ordinary(tar, BuildOptions.defaults()));
        var meta = meta(image);
        for (int i = 0; i < meta.count(); i++) {
            assertThat(meta.isCompressed(i)).isFalse();
            assertThat(meta.compressedSize(i)).isEqualTo(meta.uncompressedSize(i));
            assertThat(meta.hasCrc(i)).isTrue();
        }
    }

    private static BlobMeta meta(ReferenceLayer image) {
        return new BlobReader(
                        image.open(image.blob()), image.open(image.blob().metaBlob()), image.blob())
                .meta();
    }

    @Test
    void theSameLayerGivesTheSameBytesWhateverThreadsAndReads() {
        byte[] layer = ReferenceLayer.gzip(sample(20, 200_000), random, 3);
        var expected = ReferenceLayer.of(layer, INLINE);
        for (int most : new int[] {5, 4000, 300_000}) {
            var again =
                    ReferenceLayer.of(
                            layer,
                            INLINE.withThreads(1 + random.nextInt(4)),
                            ReferenceLayer.LIMITS,
                            ReferenceLayer.trickle(layer, random, most));
            assertThat(again.meta()).isEqualTo(expected.meta());
            assertThat(again.built().bootstrap()).isEqualTo(expected.built().bootstrap());
        }
    }

    @Test
    void contextsStayWithinTheirLimitsAndStoredChunksInsideTheLayer() {
        byte[] layer = ReferenceLayer.gzip(sample(250, 60_000), random, 1);
        var image = ReferenceLayer.of(layer, BuildOptions.defaults());
        var meta = meta(image);
        assertThat(meta.contexts().count()).isGreaterThan(5).isLessThan(meta.count());
        for (int i = 0; i < meta.contexts().count(); i++) {
            var context = meta.contexts().zran(i);
            assertThat(context.plainSize()).isLessThan(4 << 20);
            assertThat(context.compressedSize()).isLessThan(2 << 20);
            assertThat(context.compressedOffset() + context.compressedSize())
                    .isLessThanOrEqualTo(layer.length);
        }
    }

    @Test
    void anotherMemberIsAnotherContextThatNeedsNoWindow() {
        // Small members of one block each: nothing but the member ends a context.
        byte[] first = new TestTar().file("one", SeededRandom.text(random, 5000)).bytes();
        byte[] second = new TestTar().file("two", SeededRandom.text(random, 5000)).end();
        byte[] head = ReferenceLayer.gzip(first, new Random(3), 1);
        byte[] tail = ReferenceLayer.gzip(second, new Random(3), 1);
        byte[] layer = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, layer, head.length, tail.length);
        var meta = meta(ReferenceLayer.of(layer, BuildOptions.defaults()));
        assertThat(meta.contexts().count()).isEqualTo(2);
        var context = meta.contexts().zran(1);
        assertThat(context.dictionary().size()).isZero();
        assertThat(context.compressedOffset()).isEqualTo(head.length + 12); // its header has a name
        assertThat(context.plainOffset()).isEqualTo(first.length);
    }

    @Test
    void manyWindowsAreWrittenAsAStream() {
        byte[] tar = sample(250, 60_000);
        byte[] layer = ReferenceLayer.gzip(tar, random, 1);
        var image =
                ReferenceLayer.of(
                        layer,
                        INLINE,
                        new ZranIndex.Limits(1, 2, 1),
                        new ByteArrayInputStream(layer));
        var meta = meta(image);
        assertThat(meta.header().tableSize()).isGreaterThan(2 << 20);
        assertThat(image.built().blobMeta()).isEmpty();
        assertThat(image.built().hasData()).isTrue();
        var toc =
                dev.naiad.rafs.blob.Toc.probe(
                                ByteSource.of("meta", MemorySegment.ofArray(image.meta())))
                        .orElseThrow();
        // Reads it with the digest of its plain bytes.
        var entry = toc.find("blob.meta").orElseThrow();
        assertThat(
                        BlobReader.content(
                                ByteSource.of("meta", MemorySegment.ofArray(image.meta())), entry))
                .hasSize((int) image.blob().meta().uncompressedSize());
        assertThat(image.unpacked()).isEqualTo(ordinary(tar, INLINE));
    }

    @Test
    void chunksThatAreKnownAlreadyMakeNoContext() {
        byte[] content = SeededRandom.text(random, 900_000);
        var tar = new TestTar();
        for (int i = 0; i < 12; i++) {
            tar.file("copy-" + i, content);
        }
        byte[] layer = ReferenceLayer.gzip(tar.end(), random, 1);
        var image = ReferenceLayer.of(layer, BuildOptions.defaults());
        var meta = meta(image);
        assertThat(meta.count()).isEqualTo(1);
        assertThat(meta.contexts().count()).isEqualTo(1);
        assertThat(image.unpacked()).isEqualTo(ordinary(tar.bytes(), BuildOptions.defaults()));
    }

    @Test
    void layersWithoutDataRefToNothing() {
        for (byte[] tar : List.of(new TestTar().end(), new TestTar().dir("a/", 0700).end())) {
            for (byte[] layer : List.of(tar, ReferenceLayer.gzip(tar, random, 1))) {
                var image = ReferenceLayer.of(layer, INLINE);
                assertThat(image.image().blobs()).isEmpty();
                assertThat(image.built().hasData()).isFalse();
                assertThat(image.meta()).isNotEmpty();
                assertThat(image.unpacked()).isEqualTo(ordinary(tar, INLINE));
                assertThat(ReferenceLayer.of(layer, BuildOptions.defaults()).meta()).isEmpty();
            }
        }
    }

    @Test
    void mergedLayersAreFoundByTheirIdsAndTheirMetaBlobs() {
        byte[] one = ReferenceLayer.gzip(sample(10, 100_000), random, 2);
        byte[] two =
                ReferenceLayer.gzip(
                        new TestTar().file("d/.wh.file-3", "").file("upper", noise(5000)).end(),
                        random,
                        1);
        var lower = ReferenceLayer.of(one, INLINE);
        var upper = ReferenceLayer.of(two, INLINE);
        var merged =
                ImageMerger.merge(
                        List.of(bootstrap(lower), bootstrap(upper)), MergeOptions.defaults());
        assertThat(merged.blobs().stream().map(BlobInfo::id))
                .containsExactlyInAnyOrder(Digest.sha256Of(one).hex(), Digest.sha256Of(two).hex());
        for (var blob : merged.blobs()) {
            var of = blob.id().equals(Digest.sha256Of(one).hex()) ? lower : upper;
            assertThat(blob.metaBlob().id()).isEqualTo(of.built().digest().hex());
            assertThat(blob.metaSize()).isEqualTo(of.meta().length);
            assertThat(blob.compressedSize()).isEqualTo(of.layer().length);
            assertThat(blob.has(BlobFeatures.INLINED_FS_META)).isFalse();
        }
        var image =
                dev.naiad.rafs.reader.BootstrapReader.open(
                        MemorySegment.ofArray(merged.bootstrap()), "merged");
        var out = new ByteArrayOutputStream();
        ImageUnpacker.unpack(
                image,
                info -> {
                    var of =
                            info.id().equals(Digest.sha256Of(one).hex())
                                            || info.id().equals(lower.built().digest().hex())
                                    ? lower
                                    : upper;
                    return of.open(info);
                },
                out,
                "merged.tar");
        assertThat(out.size()).isGreaterThan(100_000);
    }

    private static LayerBootstrap bootstrap(ReferenceLayer layer) {
        return new LayerBootstrap(
                "layer",
                Digest.sha256Of(layer.layer()).hex(),
                MemorySegment.ofArray(layer.built().bootstrap()),
                layer.built().digest().hex(),
                layer.meta().length,
                null,
                -1);
    }

    @Test
    void whatCannotBeEnteredIsRefused() throws IOException {
        byte[] tar = sample(3, 1000);
        var zstd = new ByteArrayOutputStream();
        try (var out = LayerStreams.compressing(zstd, LayerStreams.Kind.ZSTD, 3)) {
            out.write(tar);
        }
        assertThatThrownBy(() -> ReferenceLayer.of(zstd.toByteArray(), INLINE))
                .hasMessageContaining("zstd")
                .hasMessageContaining("without a reference");
        assertThatThrownBy(() -> ReferenceLayer.of(tar, INLINE.withChunkSize(1 << 24)))
                .hasMessageContaining("16 MiB");
        assertThatThrownBy(() -> BuildOptions.defaults().withVersion(RafsVersion.V5).forReference())
                .hasMessageContaining("--fs-version 6");
        assertThatThrownBy(
                        () ->
                                BuiltImage.ofTar(
                                        tar,
                                        BuildOptions.defaults().withCompressor(Compressor.GZIP)))
                .hasMessageContaining("gzip cannot be chosen");
    }

    @Test
    void brokenLayersAreRefused() {
        byte[] layer = ReferenceLayer.gzip(sample(10, 100_000), random, 2);
        for (int round = 0; round < 40; round++) {
            byte[] broken = Arrays.copyOf(layer, layer.length - 1 - random.nextInt(5000));
            assertThatThrownBy(() -> ReferenceLayer.of(broken, INLINE))
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining("layer.tar.gz");
        }
        for (int round = 0; round < 60; round++) {
            byte[] broken = layer.clone();
            broken[random.nextInt(broken.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                var image = ReferenceLayer.of(broken, INLINE);
                // Not every bit of a gzip header matters; whatever is taken can be read.
                assertThat(image.unpacked()).isNotEmpty();
            } catch (NaiadException e) {
                assertThat(e).hasMessageContaining("layer.tar.gz");
            }
        }
    }

    @Test
    void mutatedChunkInformationIsRefusedOrHarmless() {
        byte[] layer = ReferenceLayer.gzip(sample(20, 60_000), random, 3);
        var image = ReferenceLayer.of(layer, INLINE);
        byte[] file = image.built().blobMeta();
        int table =
                (int)
                        BlobMetaHeader.read(MemorySegment.ofArray(file), file.length - 4096, "m")
                                .tableOffset();
        var reader = new BlobReader(image.open(image.blob()), image.blob());
        int refused = 0;
        for (int round = 0; round < 400; round++) {
            byte[] mutant = file.clone();
            int contexts = image.blob().chunkCount() * 2;
            for (int k = 0; k < 1 + random.nextInt(3); k++) {
                // Records, contexts and windows, and now and then the header.
                int at =
                        switch (random.nextInt(4)) {
                            case 0 -> random.nextInt(table);
                            case 1 -> table + random.nextInt(Math.min(contexts, 40 * 3));
                            case 2 -> random.nextInt(file.length);
                            default -> file.length - 4096 + random.nextInt(64);
                        };
                mutant[at] = (byte) random.nextInt(256);
            }
            try {
                var meta =
                        BlobMeta.openCacheFile(
                                image.blob(), MemorySegment.ofArray(mutant), "mutant");
                var chunks = new JoinedChunks(meta, image.image().chunks(0));
                for (int i = 0; i < chunks.count(); i++) {
                    reader.chunk(
                            chunks, i, MemorySegment.ofArray(new byte[chunks.uncompressedSize(i)]));
                }
            } catch (NaiadException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(100);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zran-single-stream.tar.gz",
                "zran-two-streams.tar.gz",
                "zran-zero-file.tar.gz",
                "bgzip.tar.gz"
            })
    void contextsOfRealLayersDecode(String name) {
        byte[] layer = Golden.bytes("nydus", "zran", name);
        var image = ReferenceLayer.of(layer, INLINE);
        byte[] plain;
        try (var in = LayerStreams.open(new ByteArrayInputStream(layer), name)) {
            plain = in.readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertThat(image.unpacked()).isEqualTo(ordinary(plain, INLINE));
    }

    @Test
    void aRealLayerOfTwoStreamsHasThreeContexts() {
        byte[] layer = Golden.bytes("nydus", "zran", "zran-two-streams.tar.gz");
        var image =
                ReferenceLayer.of(
                        layer,
                        INLINE.withChunkSize(0x1000),
                        new ZranIndex.Limits(1024, 2048, 4096),
                        new ByteArrayInputStream(layer));
        var meta = meta(image);
        assertThat(meta.contexts().count()).isEqualTo(3);
    }

    @Test
    @Tag("slow")
    void aLargeLayerComesBack() {
        byte[] tar = sample(300, 1_000_000);
        byte[] layer = ReferenceLayer.gzip(tar, random, 4);
        assertThat(tar.length).isGreaterThan(100_000_000);
        var image = ReferenceLayer.of(layer, INLINE);
        assertThat(image.unpacked()).isEqualTo(ordinary(tar, INLINE));
    }
}
