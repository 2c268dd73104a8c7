package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.rafs.blob.Toc;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a build writes: blobs that describe themselves, the same for every number of threads. */
class LayerBuilderTest {
    private static byte[] mixedTar() {
        var random = new Random(3);
        byte[] noise = new byte[3_500_000];
        random.nextBytes(noise);
        var tar =
                new TestTar()
                        .file("noise", noise)
                        .file("text", "words and words. ".repeat(200_000));
        for (int i = 0; i < 500; i++) {
            tar.file("small/" + i, Arrays.copyOf(noise, 100 + i));
        }
        return tar.file("zeros", new byte[4 << 20]).file("noise2", noise).end();
    }

    private static byte[] build(byte[] tar, BuildOptions options) {
        var blob = new ByteArrayOutputStream();
        LayerBuilder.fromTar(
                "test.tar",
                Channels.newChannel(new ByteArrayInputStream(tar)),
                options,
                Channels.newChannel(blob));
        return blob.toByteArray();
    }

    @Test
    void theNumberOfThreadsDoesNotChangeAByte() {
        byte[] tar = mixedTar();
        byte[] wanted = build(tar, BuildOptions.forConversion().withThreads(1));
        for (int threads : new int[] {2, 3, 8}) {
            assertThat(
                            Arrays.equals(
                                    build(tar, BuildOptions.forConversion().withThreads(threads)),
                                    wanted))
                    .as(threads + " threads")
                    .isTrue();
        }
    }

    @Test
    void aSlowSourceGivesTheSameBytes() {
        byte[] tar = mixedTar();
        var blob = new ByteArrayOutputStream();
        var trickle =
                new FilterInputStream(new ByteArrayInputStream(tar)) {
                    @Override
                    public int read(byte[] b, int off, int len) throws IOException {
                        return super.read(b, off, Math.min(len, 1 + (off * 7 + len) % 4999));
                    }
                };
        LayerBuilder.fromTar(
                "trickle",
                Channels.newChannel(trickle),
                BuildOptions.forConversion().withThreads(2),
                Channels.newChannel(blob));
        assertThat(
                        Arrays.equals(
                                blob.toByteArray(),
                                build(tar, BuildOptions.forConversion().withThreads(2))))
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = Compressor.class,
            names = {"NONE", "LZ4_BLOCK", "ZSTD"})
    void everyCompressorAndDigesterDecodesAndVerifies(Compressor compressor) {
        for (var digester : Digester.values()) {
            var image =
                    BuiltImage.ofTar(
                            SampleBuild.tar(),
                            BuildOptions.defaults()
                                    .withToc(true)
                                    .withCompressor(compressor)
                                    .withDigester(digester)
                                    .withChunkSize(0x2000)
                                    .withThreads(2));
            assertThat(image.text("/etc/text")).isEqualTo("some text, repeated. ".repeat(2000));
            assertThat(image.content("/deep/er/and/deeper/file"))
                    .isEqualTo(image.content("/etc/ping2"));
            for (int i = 0; i < 400; i += 37) {
                assertThat(image.text("/many/file-with-a-longer-name-" + i))
                        .isEqualTo("content " + i % 50);
            }
            var info = image.at("/etc/text").chunk(0);
            assertThat(info.isCompressed()).isEqualTo(compressor != Compressor.NONE);
            assertThat(info.hasCrc()).isTrue();
            byte[] plain = Arrays.copyOf(image.content("/etc/text"), 0x2000);
            assertThat(digester.hasher().hash(plain, 0, plain.length)).isEqualTo(info.digest());
        }
    }

    @Test
    void incompressibleChunksAreStoredRaw() {
        byte[] noise = new byte[5000];
        new Random(1).nextBytes(noise);
        var image =
                BuiltImage.ofTar(
                        new TestTar().file("noise", noise).end(),
                        BuildOptions.defaults().withThreads(1));
        ChunkInfo chunk = image.at("/noise").chunk(0);
        assertThat(chunk.isCompressed()).isFalse();
        assertThat(chunk.compressedSize()).isEqualTo(5000);
        assertThat(image.content("/noise")).isEqualTo(noise);
    }

    @Test
    void aBlobWithEverythingInsideDescribesItself() {
        byte[] blob = build(SampleBuild.tar(), BuildOptions.forConversion().withThreads(2));
        var source = ByteSource.of("blob", MemorySegment.ofArray(blob));
        assertThat(BlobSections.walk(source))
                .extracting(BlobSections.Section::name)
                .containsExactly(
                        "image.blob", "blob.meta", "blob.digest", "image.boot", "rafs.blob.toc");
        var toc = Toc.probe(source).orElseThrow();
        assertThat(toc.entries())
                .extracting(entry -> entry.name())
                .containsExactly(
                        "image.blob", "blob.meta", "blob.meta.header", "blob.digest", "image.boot");
        byte[] boot = BlobReader.inlinedBootstrap(source);
        var image = BootstrapReader.open(MemorySegment.ofArray(boot), "boot");
        var info = image.blobs().getFirst();
        assertThat(info.id()).isEqualTo("x".repeat(64));
        assertThat(info.hasPlaceholderId()).isTrue();
        assertThat(info.has(BlobFeatures.HAS_TOC) && info.has(BlobFeatures.INLINED_CHUNK_DIGEST))
                .isTrue();
        // compat: the builder cannot know more than where the bootstrap begins.
        assertThat(info.compressedSize()).isEqualTo(toc.find("image.boot").orElseThrow().offset());
        // compat: the digest of image.blob covers its tar header, unlike all others.
        int data = (int) info.compressedDataSize();
        assertThat(Hex.encode(toc.entries().getFirst().digest()))
                .isEqualTo(Digest.sha256Of(Arrays.copyOf(blob, data + 512)).hex());
        assertThat(image.prefetch()).containsExactly(image.root().number());
        var meta = new BlobReader(source, info).meta();
        for (int i = 0; i < meta.count(); i++) {
            assertThat(meta.hasDigest(i)).isTrue();
            new BlobReader(source, info)
                    .chunk(meta, i, MemorySegment.ofArray(new byte[meta.uncompressedSize(i)]));
        }
    }

    @Test
    void theCacheFormOfTheChunkInformationOpens() {
        var layer = SampleBuild.image().layer();
        var info = SampleBuild.image().image().blobs().getFirst();
        var meta =
                BlobMeta.openCacheFile(
                        info, MemorySegment.ofArray(layer.blobMeta()), "x.blob.meta");
        assertThat(meta.count()).isEqualTo(info.chunkCount());
        assertThat(layer.blobMeta().length % 4096).isZero();
        assertThat(layer.hasData()).isTrue();
        assertThat(layer.blobs().getFirst().id()).isEqualTo(layer.digest().hex());
        assertThat(layer.digest()).isEqualTo(Digest.sha256Of(SampleBuild.blob()));
    }

    @Test
    void aFlippedBitInChunkDataIsFound() {
        var sample = SampleBuild.image();
        byte[] bad = SampleBuild.blob();
        var info = sample.image().blobs().getFirst();
        for (int at = 5; at < info.compressedDataSize(); at += 997) {
            bad[at] ^= 0x10;
        }
        var reader = new BlobReader(ByteSource.of("bad blob", MemorySegment.ofArray(bad)), info);
        var chunks = sample.image().chunks(0);
        int refused = 0;
        for (int i = 0; i < chunks.count(); i++) {
            byte[] plain = new byte[chunks.uncompressedSize(i)];
            try {
                reader.chunk(chunks, i, MemorySegment.ofArray(plain));
            } catch (NaiadException e) {
                assertThat(e).hasMessageContaining("bad blob");
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void sizesAtTheEdgesOfChunksComeBack() {
        var tar = new TestTar();
        var random = new Random(5);
        int[] sizes = {0, 1, 511, 512, 513, 4095, 4096, 4097, 8191, 8192, 8193, 12288, 100_000};
        byte[][] contents = new byte[sizes.length][];
        for (int i = 0; i < sizes.length; i++) {
            contents[i] = new byte[sizes[i]];
            random.nextBytes(contents[i]);
            tar.file("f" + i, contents[i]);
        }
        var image =
                BuiltImage.ofTar(
                        tar.end(), BuildOptions.defaults().withChunkSize(4096).withThreads(2));
        for (int i = 0; i < sizes.length; i++) {
            assertThat(image.content("/f" + i)).isEqualTo(contents[i]);
            assertThat(image.at("/f" + i).chunkCount()).isEqualTo((sizes[i] + 4095) / 4096);
        }
    }

    @Test
    void aTargetThatFailsEndsTheBuildWithItsError() {
        var full =
                new WritableByteChannel() {
                    private int left = 1000;

                    @Override
                    public int write(ByteBuffer source) throws IOException {
                        if (left <= 0) {
                            throw new IOException("No space left on device");
                        }
                        int count = Math.min(left, source.remaining());
                        source.position(source.position() + count);
                        left -= count;
                        return count;
                    }

                    @Override
                    public boolean isOpen() {
                        return true;
                    }

                    @Override
                    public void close() {}
                };
        assertThatThrownBy(
                        () ->
                                LayerBuilder.fromTar(
                                        "test.tar",
                                        Channels.newChannel(new ByteArrayInputStream(mixedTar())),
                                        BuildOptions.defaults().withThreads(2),
                                        full))
                .isInstanceOfSatisfying(
                        NaiadException.class,
                        e -> {
                            assertThat(e.kind()).isEqualTo(ErrorKind.NO_SPACE);
                            assertThat(e).hasMessageContaining("No space left");
                        });
    }

    @Test
    void aSourceThatFailsEndsTheBuildWithItsError() {
        var broken =
                new InputStream() {
                    private int given;

                    @Override
                    public int read() throws IOException {
                        throw new IOException("connection reset");
                    }

                    @Override
                    public int read(byte[] b, int off, int len) throws IOException {
                        if (given > 0) {
                            throw new IOException("connection reset");
                        }
                        given = Math.min(len, 4);
                        return given;
                    }
                };
        assertThatThrownBy(
                        () ->
                                LayerBuilder.fromTar(
                                        "broken source",
                                        Channels.newChannel(broken),
                                        BuildOptions.defaults().withThreads(1),
                                        Channels.newChannel(new ByteArrayOutputStream())))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("broken source")
                .hasMessageContaining("connection reset");
    }

    @Test
    void repeatableBuildsStoreNoOwners() {
        var header = new TestTar.Header("f", '0');
        header.uid = 5;
        header.gid = 6;
        var image =
                BuiltImage.ofTar(
                        new TestTar().add(header, new byte[] {1}).end(),
                        BuildOptions.defaults().withExplicitOwners(false).withThreads(1));
        assertThat(image.image().hasExplicitOwners()).isFalse();
        assertThat(image.at("/f").uid()).isZero();
        assertThat(image.at("/f").gid()).isZero();
    }
}
