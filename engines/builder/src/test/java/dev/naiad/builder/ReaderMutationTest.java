package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.builder.chunk.BlobKey;
import dev.naiad.builder.load.TreeWalk;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.rafs.blob.Toc;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.rafs.v5.V5Bootstrap;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Every structure that a reader meets, damaged: see {@link Mutations}. */
class ReaderMutationTest {
    private static final int ENTRIES = 3000;

    private static BuiltImage build(BuildOptions options) {
        return BuiltImage.ofTar(SampleBuild.tar(), options.withChunkSize(4096).withThreads(1));
    }

    @Test
    void bootstrapsOfV5() {
        byte[] good =
                build(
                                BuildOptions.defaults()
                                        .withVersion(RafsVersion.V5)
                                        .withPrefetch(PrefetchPolicy.FS, List.of("/etc", "/many")))
                        .bootstrap();
        int refused =
                Mutations.of(
                        "v5",
                        "bad.boot",
                        good,
                        bytes -> {
                            var image = open(bytes);
                            readAll(image);
                            ((V5Bootstrap) image).verifyDigests();
                        });
        // The digest tree covers content, not names and modes.
        assertThat(refused).isGreaterThan(100);
    }

    @Test
    void bootstrapsOfV6() {
        byte[] good =
                build(
                                BuildOptions.defaults()
                                        .withPrefetch(PrefetchPolicy.FS, List.of("/etc", "/many")))
                        .bootstrap();
        assertThat(Mutations.of("v6", "bad.boot", good, bytes -> readAll(open(bytes))))
                .isGreaterThan(50);
    }

    private static Bootstrap open(byte[] bytes) {
        return BootstrapReader.open(MemorySegment.ofArray(bytes), "bad.boot");
    }

    private static void readAll(Bootstrap image) {
        image.prefetch();
        int[] left = {ENTRIES};
        TreeWalk.walk(
                image,
                (parent, name, inode) -> {
                    if (left[0]-- > 0) {
                        if (parent != null) {
                            assertThat(name.length).isBetween(1, 255);
                            assertThat(name).doesNotContain((byte) '/', (byte) 0);
                        }
                        readAll(inode);
                    }
                    return name;
                });
        for (var blob : image.blobs()) {
            var chunks = image.chunks(blob.index());
            for (int i = 0; i < Math.min(chunks.count(), ENTRIES); i++) {
                if (chunks.isKnown(i)) {
                    chunks.unit(i);
                    chunks.indexAt(chunks.uncompressedOffset(i));
                }
            }
        }
    }

    private static void readAll(Inode inode) {
        inode.xattrs();
        inode.mtimeNanos();
        inode.symlinkTarget();
        inode.layerHint();
        for (int k = 0; k < Math.min(inode.chunkCount(), ENTRIES); k++) {
            inode.chunk(k);
        }
        inode.lookup(MemorySegment.ofArray(new byte[] {'m', 'a', 'n', 'y'}));
    }

    @Test
    void attributesOfBothGenerations() {
        var tar = new TestTar();
        for (int i = 0; i < 20; i++) {
            tar.pax(
                    'x',
                    "SCHILY.xattr.user.a" + "n".repeat(i * 10) + "=" + "v".repeat(i * 7),
                    "SCHILY.xattr.trusted.t=",
                    "SCHILY.xattr.security.capability=\1\0\0\2");
            tar.file("file" + i, "");
        }
        byte[] archive = tar.end();
        for (var version : RafsVersion.values()) {
            byte[] good =
                    BuiltImage.ofTar(
                                    archive,
                                    BuildOptions.defaults().withVersion(version).withThreads(1))
                            .bootstrap();
            Mutations.of(
                    "attributes of " + version, "bad.boot", good, bytes -> readAll(open(bytes)));
        }
    }

    @Test
    void blobsWithTableOfContents() {
        blob("toc", build(BuildOptions.defaults().withToc(true)));
        blob("conversion", build(BuildOptions.forConversion()));
    }

    @Test
    void blobsWithBatches() {
        blob("batch", build(BuildOptions.defaults().withBatchSize(0x1000)));
    }

    @Test
    void encryptedBlobs() {
        blob("encrypted", build(BuildOptions.defaults().withKey(BlobKey.random(new Random(5)))));
    }

    private static void blob(String purpose, BuiltImage good) {
        var info = good.image().blobs().getFirst();
        var listed = good.image().chunks(0);
        Mutations.of(purpose, "blob", good.blob(), bytes -> readBlob(bytes, info, listed));
        Mutations.of(
                purpose + ", local form",
                "blob.meta",
                good.layer().blobMeta(),
                bytes -> useMeta(bytes, info));
    }

    private static void readBlob(byte[] bytes, BlobInfo info, BlobChunks listed) {
        var source = ByteSource.of("blob", MemorySegment.ofArray(bytes));
        BlobSections.walk(source);
        Toc.probe(source);
        var reader = new BlobReader(source, info);
        var chunks = reader.chunks(listed);
        for (int i = 0; i < chunks.count(); i++) {
            byte[] plain = new byte[chunks.uncompressedSize(i)];
            reader.chunk(chunks, i, MemorySegment.ofArray(plain));
        }
    }

    private static void useMeta(byte[] bytes, BlobInfo info) {
        var meta = BlobMeta.openCacheFile(info, MemorySegment.ofArray(bytes), "blob.meta");
        for (int i = 0; i < meta.count(); i++) {
            var unit = meta.unit(i);
            assertThat(meta.unitOffset(i) + meta.uncompressedSize(i))
                    .isLessThanOrEqualTo(unit.plainSize());
            meta.indexAt(meta.uncompressedOffset(i));
        }
    }

    @Test
    void contextsOfGzipLayers() throws IOException {
        var layer = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(layer)) {
            gzip.write(SampleBuild.tar());
        }
        var blob = new ByteArrayOutputStream();
        var built =
                LayerBuilder.fromReference(
                        "layer.tar.gz",
                        Channels.newChannel(new ByteArrayInputStream(layer.toByteArray())),
                        BuildOptions.defaults().forReference().withChunkSize(4096).withThreads(1),
                        KnownImages.NONE,
                        Channels.newChannel(blob));
        var image = BuiltImage.of(built, blob.toByteArray());
        var info = image.image().blobs().getFirst();
        Mutations.of(
                "zran, local form", "blob.meta", built.blobMeta(), bytes -> useMeta(bytes, info));
        var original = ByteSource.of("layer.tar.gz", MemorySegment.ofArray(layer.toByteArray()));
        Mutations.of(
                "zran",
                "layer",
                blob.toByteArray(),
                bytes -> {
                    var meta = ByteSource.of("layer.meta", MemorySegment.ofArray(bytes));
                    var reader = new BlobReader(original, meta, info);
                    var chunks = reader.chunks(image.image().chunks(0));
                    for (int i = 0; i < Math.min(chunks.count(), 20); i++) {
                        byte[] plain = new byte[chunks.uncompressedSize(i)];
                        reader.chunk(chunks, i, MemorySegment.ofArray(plain));
                    }
                });
        Mutations.of(
                "gzip layer",
                "layer.tar.gz",
                layer.toByteArray(),
                bytes -> {
                    var source = ByteSource.of("layer.tar.gz", MemorySegment.ofArray(bytes));
                    var meta = ByteSource.of("blob", MemorySegment.ofArray(blob.toByteArray()));
                    var reader = new BlobReader(source, meta, info);
                    var chunks = reader.chunks(image.image().chunks(0));
                    byte[] plain = new byte[chunks.uncompressedSize(0)];
                    reader.chunk(chunks, 0, MemorySegment.ofArray(plain));
                });
    }

    @Test
    void tablesOfContentsOfEstargzLayers() {
        String digest = "sha256:" + "01".repeat(32);
        byte[] good =
                ("{\"version\":1,\"entries\":[{\"name\":\"a/\",\"type\":\"dir\",\"mode\":16877},"
                                + "{\"name\":\"a/b\",\"type\":\"reg\",\"size\":5000000,\"offset\":10,\"chunkSize\":4194304,\"chunkDigest\":\""
                                + digest
                                + "\",\"digest\":\""
                                + digest
                                + "\",\"xattrs\":{\"user.x\":\"eA==\"}},"
                                + "{\"name\":\"a/b\",\"type\":\"chunk\",\"offset\":900000,\"chunkOffset\":4194304,\"chunkSize\":805696,\"chunkDigest\":\""
                                + digest
                                + "\"},{\"name\":\"l\",\"type\":\"symlink\",\"linkName\":\"a/b\"},"
                                + "{\"name\":\"h\",\"type\":\"hardlink\",\"linkName\":\"a/b\"}]}")
                        .getBytes(StandardCharsets.UTF_8);
        Mutations.of(
                "stargz.index.json",
                "stargz.index.json",
                good,
                bytes -> {
                    var built =
                            LayerBuilder.fromStargzToc(
                                    "stargz.index.json",
                                    bytes,
                                    "ab".repeat(32),
                                    2_000_000,
                                    BuildOptions.defaults()
                                            .forReference()
                                            .withChunkSize(0x400000)
                                            .withThreads(1),
                                    KnownImages.NONE);
                    ImageCheck.check(open(built.bootstrap()));
                });
    }

    @Test
    void aDirectoryThatContainsItselfIsRefused() {
        byte[] bytes =
                BuiltImage.ofTar(
                                new TestTar().dir("a", 0755).dir("a/b", 0755).end(),
                                BuildOptions.defaults())
                        .bootstrap();
        var image = open(bytes);
        long a = child(image.root(), "a").number();
        long b = child(image.inode(a), "b").number();
        // Every dirent that names b now names a: a contains itself.
        var file = LittleEndian.of(MemorySegment.ofArray(bytes), "cycle.boot");
        int changed = 0;
        for (long at = 4096; at + 8 <= bytes.length; at += 4) {
            if (file.bits64(at) == b) {
                file.putU64(at, a);
                changed++;
            }
        }
        assertThat(changed).isPositive();
        var cyclic = open(bytes);
        assertThatThrownBy(() -> readAll(cyclic))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("bad.boot");
        assertThatThrownBy(() -> ImageCheck.check(cyclic))
                .isInstanceOf(CorruptFormatException.class);
    }

    private static Inode child(Inode directory, String name) {
        var child = directory.child(name.getBytes(StandardCharsets.UTF_8));
        if (child == null) {
            throw new AssertionError("no " + name);
        }
        return child;
    }
}
