package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.TreeLoader;
import dev.naiad.builder.v5.V5Writer;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.rafs.v5.V5Bootstrap;
import dev.naiad.testkit.Golden;
import dev.naiad.testkit.TestTar;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** v5 images: written, read back, and held against those of the original. */
class V5WriterTest {
    private static final BuildOptions OPTIONS =
            BuildOptions.defaults().withVersion(RafsVersion.V5).withChunkSize(4096).withThreads(2);

    @Test
    void everythingComesBack() {
        for (var compressor : List.of(Compressor.NONE, Compressor.LZ4_BLOCK, Compressor.ZSTD)) {
            var image =
                    BuiltImage.ofTar(
                            SampleBuild.tar(),
                            OPTIONS.withCompressor(compressor).withDigester(Digester.SHA256));
            var v6 = SampleBuild.image();
            assertThat(image.image().version()).isEqualTo(RafsVersion.V5);
            assertThat(image.paths()).isEqualTo(v6.paths());
            for (String path : v6.paths()) {
                var one = image.at(path);
                var other = v6.at(path);
                assertThat(one.mode()).as(path).isEqualTo(other.mode());
                assertThat(one.linkCount()).as(path).isEqualTo(other.linkCount());
                assertThat(one.rdev()).isEqualTo(other.rdev());
                assertThat(one.symlinkTarget()).isEqualTo(other.symlinkTarget());
                assertThat(one.xattrs()).hasSameSizeAs(other.xattrs());
            }
            for (String path :
                    List.of(
                            "/etc/ping",
                            "/etc/text",
                            "/many/file-with-a-longer-name-7",
                            "/deep/er/and/deeper/file")) {
                assertThat(image.content(path)).as(path).isEqualTo(v6.content(path));
            }
            assertThat(image.layer().digest().hex())
                    .isEqualTo(image.image().blobs().getFirst().id());
        }
    }

    @Test
    void aBlobWithItsBootstrapInsideIsDataAndBootstrap() {
        var image = BuiltImage.ofTar(SampleBuild.tar(), OPTIONS.withInlineBootstrap(true));
        var source = ByteSource.of("blob", MemorySegment.ofArray(image.blob()));
        assertThat(BlobSections.walk(source))
                .extracting(BlobSections.Section::name)
                .containsExactly("image.blob", "image.boot");
        assertThat(BlobReader.inlinedBootstrap(source)).isEqualTo(image.bootstrap());
        assertThat(image.image().blobs().getFirst().hasPlaceholderId()).isTrue();
        assertThat(image.text("/etc/hosts")).isEqualTo("127.0.0.1 localhost\n");
    }

    @Test
    void layersMerge() {
        var lower = BuiltImage.ofTar(new TestTar().file("a", "1").file("d/b", "2").end(), OPTIONS);
        var upper =
                BuiltImage.ofTar(
                        new TestTar().file("a", "3").file("d/.wh.b", "").file("d/c", "4").end(),
                        OPTIONS);
        var merged =
                ImageMerger.merge(
                        List.of(
                                LayerBootstrap.of(
                                        lower.layer().digest().hex(),
                                        MemorySegment.ofArray(lower.bootstrap())),
                                LayerBootstrap.of(
                                        upper.layer().digest().hex(),
                                        MemorySegment.ofArray(upper.bootstrap()))),
                        MergeOptions.forConversion());
        var image = BootstrapReader.open(MemorySegment.ofArray(merged.bootstrap()), "merged");
        assertThat(ImageCheck.check(image).files()).isEqualTo(2);
        assertThat(merged.blobIds()).containsExactly(upper.layer().digest().hex());
        assertThat(image.prefetch()).containsExactly(1);
    }

    @Test
    void anImageOfTheOriginalWrittenAgainHasItsDigest() {
        for (String name :
                List.of("sha256-nocompress-repeatable", "blake3-lz4_block-non_repeatable")) {
            byte[] bytes = Golden.bytes("nydus", "repeatable", name);
            var original = (V5Bootstrap) BootstrapReader.open(MemorySegment.ofArray(bytes), name);
            var store = new ChunkStore();
            var tree = new TreeLoader(store, false).load(original, new int[] {0});
            byte[] again =
                    new V5Writer(
                                    tree,
                                    store,
                                    original.blobs(),
                                    original.chunkSize(),
                                    original.digester())
                            .write(original.flags(), List.of());
            var copy = (V5Bootstrap) BootstrapReader.open(MemorySegment.ofArray(again), "copy");
            ImageCheck.check(copy);
            assertThat(Hex.encode(copy.rootDigest())).isEqualTo(Hex.encode(original.rootDigest()));
            assertThat(again).hasSize(bytes.length);
            // Old builders wrote the records in another order and counted the inodes otherwise;
            // tables are equal.
            assertThat(Arrays.copyOfRange(again, 8408, 8544))
                    .isEqualTo(Arrays.copyOfRange(bytes, 8408, 8544));
            assertThat(copy.inodeCount()).isEqualTo(52);
            assertThat(Digest.sha256Of(again)).isNotNull();
        }
    }
}
