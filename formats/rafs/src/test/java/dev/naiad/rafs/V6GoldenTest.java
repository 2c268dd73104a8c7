package dev.naiad.rafs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.rafs.blob.Contexts;
import dev.naiad.rafs.blob.SectionHeader;
import dev.naiad.rafs.blob.Toc;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.rafs.v6.V6Bootstrap;
import dev.naiad.testkit.Golden;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** Files of the original builder read as their README says. */
class V6GoldenTest {
    private static final String BLOB =
            "be7d77eeb719f70884758d1aa800ed0fb09d701aaec469964e9d54325f0d5fef";
    private static final String TOC_BLOB =
            "2fa78cad554b75ac91a4a125ed148d0ddeb25efa4aaa8bd80e5dc292690a4dca";
    private static final String ZRAN =
            "233c72f2b6b698c07021c4da367cfe2dff4f049efbaa885ca0ff760ea297865a.blob.meta";

    private static Bootstrap open(byte[] bytes, String name) {
        return BootstrapReader.open(MemorySegment.ofArray(bytes), name);
    }

    private static ConfigNode expected(String name) {
        return JsonReader.parse(name, Golden.bytes("nydus", "expected", name));
    }

    @Test
    void aBootstrapOfBuilder22IsReadCompletely() {
        var image =
                open(Golden.bytes("nydus", "bootstrap", "rafs-v6-2.2.boot"), "rafs-v6-2.2.boot");
        assertThat(image.version()).isEqualTo(RafsVersion.V6);
        assertThat(image.compressor()).isEqualTo(Compressor.ZSTD);
        assertThat(image.digester()).isEqualTo(Digester.BLAKE3);
        assertThat(image.hasExplicitOwners()).isTrue();
        assertEqualsExpected((V6Bootstrap) image, expected("rafs-v6-2.2.boot.json"));
        var blob = image.blobs().getFirst();
        assertThat(blob.features().words())
                .isEqualTo("aligned cap_toc chunk-digest tar-header toc");
        assertThat(blob.compressedDataSize()).isEqualTo(7802);
        assertThat(blob.hasPlaceholderId()).isFalse();
        assertThat(image.prefetch()).isEmpty();
    }

    @Test
    void theBootstrapInsideABlobIsExtractedAndReadCompletely() {
        byte[] blob = Golden.bytes("nydus", "toc", TOC_BLOB);
        byte[] boot =
                BlobReader.inlinedBootstrap(ByteSource.of(TOC_BLOB, MemorySegment.ofArray(blob)));
        assertThat(boot).hasSize(20480);
        assertThat(Digest.sha256Of(boot).hex()).startsWith("d85f1b77").endsWith("6871");
        var image = open(boot, "inner");
        assertEqualsExpected((V6Bootstrap) image, expected("toc-2fa78cad-inner-image.boot.json"));
        assertThat(image.blobs().getFirst().hasPlaceholderId()).isTrue();
    }

    private static void assertEqualsExpected(V6Bootstrap image, ConfigNode expected) {
        assertThat(image.blockSize()).isEqualTo(number(expected, "block_size"));
        assertThat((long) image.chunkSize()).isEqualTo(number(expected, "chunk_size"));
        assertThat(image.flags()).isEqualTo(number(expected, "flags"));
        assertThat(image.root().number()).isEqualTo(number(expected, "root_nid"));
        assertThat(image.superBlock().metaBlock()).isEqualTo(number(expected, "meta_blkaddr"));
        assertThat(image.inodeCount()).isEqualTo(number(expected, "inos"));
        assertThat(image.superBlock().blocks()).isEqualTo(number(expected, "blocks"));
        var device = expected.get("devices").items().getFirst();
        var blob = image.blobs().getFirst();
        assertThat(blob.blocks()).isEqualTo(number(device, "blocks"));
        assertThat(blob.mappedBlock()).isEqualTo(number(device, "mapped_blkaddr"));
        var record = expected.get("blobs").items().getFirst();
        assertThat(blob.id()).isEqualTo(record.get("id").text());
        assertThat((long) blob.chunkCount()).isEqualTo(number(record, "chunks"));
        assertThat((long) blob.features().bits()).isEqualTo(number(record, "features"));
        assertThat(blob.compressedSize()).isEqualTo(number(record, "csize"));
        assertThat(blob.uncompressedSize()).isEqualTo(number(record, "usize"));
        assertThat(blob.toc().size()).isEqualTo(number(record, "toc_size"));
        assertThat(Hex.encode(blob.toc().digest())).isEqualTo(record.get("toc_digest").text());
        assertThat(blob.meta().offset()).isEqualTo(number(record, "ci_off"));
        assertThat(blob.meta().compressedSize()).isEqualTo(number(record, "ci_csize"));
        assertThat(image.chunkRecords()).isEqualTo(expected.get("chunk_table").items().size());
        for (var chunk : expected.get("chunk_table").items()) {
            int index = (int) number(chunk, "index");
            byte[] digest = new byte[32];
            image.chunks(0).digest(index, MemorySegment.ofArray(digest));
            assertThat(Hex.encode(digest)).isEqualTo(chunk.get("digest").text());
            assertThat(image.chunks(0).compressedOffset(index))
                    .isEqualTo(number(chunk, "compressed_offset"));
            assertThat(image.chunks(0).hasCrc(index)).isFalse();
        }
        var names = new ArrayList<String>();
        image.root()
                .children(
                        0,
                        (nid, type, name, cookie) ->
                                names.add(
                                        new String(
                                                name.toArray(ValueLayout.JAVA_BYTE),
                                                StandardCharsets.UTF_8)));
        assertThat(names).hasSize(expected.get("inodes").items().size() - 1);
        for (var inode : expected.get("inodes").items()) {
            assertInode(image, inode);
        }
    }

    private static void assertInode(Bootstrap image, ConfigNode expected) {
        String path = expected.get("path").text();
        var inode =
                path.equals("/")
                        ? image.root()
                        : image.root().child(path.substring(1).getBytes(StandardCharsets.UTF_8));
        if (inode == null) {
            throw new AssertionError("no " + path);
        }
        assertThat(inode.number()).isEqualTo(number(expected, "nid"));
        assertThat(Integer.toOctalString(inode.mode())).isEqualTo(expected.get("mode").text());
        assertThat(inode.linkCount()).isEqualTo(number(expected, "nlink"));
        assertThat(inode.size()).isEqualTo(number(expected, "size"));
        assertThat(inode.mtimeSeconds())
                .isEqualTo(Long.parseLong(expected.get("mtime").items().get(0).text()));
        assertThat((long) inode.mtimeNanos())
                .isEqualTo(Long.parseLong(expected.get("mtime").items().get(1).text()));
        var chunks = expected.get("chunk_index").items();
        assertThat(inode.chunkCount()).isEqualTo(chunks.size());
        for (int k = 0; k < chunks.size(); k++) {
            var ref = inode.chunkRef(k);
            assertThat((long) ref.blobIndex()).isEqualTo(number(chunks.get(k), "blob"));
            assertThat((long) ref.chunkIndex()).isEqualTo(number(chunks.get(k), "chunk"));
            assertThat(ref.uncompressedOffset()).isEqualTo(4096 * number(chunks.get(k), "blkaddr"));
            assertThat(inode.chunk(k).uncompressedSize()).isEqualTo(ref.size());
        }
    }

    private static long number(ConfigNode node, String key) {
        return Long.parseLong(node.get(key).text());
    }

    @Test
    void aBlobDescribesItselfAndItsChunksDecodeToTheFiles() {
        var image =
                open(Golden.bytes("nydus", "bootstrap", "rafs-v6-2.2.boot"), "rafs-v6-2.2.boot");
        var blob = ByteSource.of(BLOB, MemorySegment.ofArray(Golden.bytes("nydus", "blobs", BLOB)));
        assertThat(BlobSections.walk(blob))
                .containsExactly(
                        new BlobSections.Section("image.blob", 0, 7802),
                        new BlobSections.Section("blob.meta", 8314, 4128),
                        new BlobSections.Section("blob.digest", 12954, 64),
                        new BlobSections.Section("rafs.blob.toc", 13530, 512));
        var toc = Toc.probe(blob).orElseThrow();
        assertThat(toc.entries())
                .extracting(entry -> entry.name())
                .containsExactly("image.blob", "blob.meta", "blob.meta.header", "blob.digest");
        var info = image.blobs().getFirst();
        assertThat(Toc.read(blob, toc.offset(), info.toc().size(), info.toc().digest()).offset())
                .isEqualTo(toc.offset());
        var reader = new BlobReader(blob, info);
        var meta = reader.meta();
        assertThat(meta.count()).isEqualTo(2);
        assertThat(meta.uncompressedOffset(1)).isEqualTo(0x5000);
        assertThat(meta.uncompressedSize(1)).isEqualTo(13400);
        assertThat(meta.compressedOffset(1)).isEqualTo(4828);
        assertThat(meta.compressedSize(1)).isEqualTo(2974);
        assertThat(meta.indexAt(0x5000)).isEqualTo(1);
        assertThat(meta.indexAt(16931)).isEqualTo(-1);
        for (BlobChunks chunks : new BlobChunks[] {meta, image.chunks(0)}) {
            assertThat(sha256(reader, chunks, 0))
                    .isEqualTo("1810eba864521293bb0d6b55a3c82318d4d89f294ed761c456d9088a17de0c69");
            assertThat(sha256(reader, chunks, 1))
                    .isEqualTo("e629ab260ff0dc02a24648a3e0dd8c13a5daf233d535c330e3201925f5eeff96");
        }
    }

    private static String sha256(BlobReader reader, BlobChunks chunks, int index) {
        byte[] plain = new byte[chunks.uncompressedSize(index)];
        reader.chunk(chunks, index, MemorySegment.ofArray(plain));
        return Digest.sha256Of(plain).hex();
    }

    @Test
    void theTableOfContentsIsFoundByProbingAndRefusedWithAWrongDigestOrPlace() {
        var blob =
                ByteSource.of(
                        TOC_BLOB, MemorySegment.ofArray(Golden.bytes("nydus", "toc", TOC_BLOB)));
        byte[] digest =
                Hex.decode("4fdfbb36ef74a3c63a28e2abafa54044c7594155beb6ddad9f36825cfe58286c");
        assertThat(Toc.probe(blob).orElseThrow().offset()).isEqualTo(9010);
        assertThat(Toc.read(blob, 9010, 1024, digest).entries()).hasSize(4);
        assertThatThrownBy(() -> Toc.read(blob, 9000, 1024, digest))
                .isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(() -> Toc.read(blob, 9010, 1024, new byte[32]))
                .isInstanceOf(CorruptFormatException.class);
    }

    @Test
    void oldBlobsWithoutTarHeaderCapabilityDecodeToo() {
        var blob =
                ByteSource.of(
                        TOC_BLOB, MemorySegment.ofArray(Golden.bytes("nydus", "toc", TOC_BLOB)));
        var image = open(BlobReader.inlinedBootstrap(blob), "inner");
        var reader = new BlobReader(blob, image.blobs().getFirst());
        var meta = reader.meta();
        assertThat(sha256(reader, meta, 0)).startsWith("b2374128").endsWith("750b");
        assertThat(sha256(reader, meta, 1)).startsWith("7628231c").endsWith("6210");
        assertThat(sha256(reader, meta, 2)).startsWith("085f726e").endsWith("07bc");
    }

    @Test
    void sectionHeadersAreWrittenAsTheOriginalWritesThem() {
        byte[] blob = Golden.bytes("nydus", "blobs", BLOB);
        var out = new ByteArrayOutputStream();
        for (var section : BlobSections.walk(ByteSource.of(BLOB, MemorySegment.ofArray(blob)))) {
            int at = (int) (section.offset() + section.size());
            out.writeBytes(new SectionHeader(section.name(), section.size()).toBytes());
            assertThat(
                            MemorySegment.ofArray(
                                            new SectionHeader(section.name(), section.size())
                                                    .toBytes())
                                    .mismatch(MemorySegment.ofArray(blob).asSlice(at, 512)))
                    .as(section.name())
                    .isEqualTo(-1);
        }
        assertThat(out.size()).isEqualTo(4 * 512);
    }

    @Test
    void chunkInformationOfAZranLayerIsReadCompletely() {
        byte[] file = Golden.bytes("nydus", "zran", ZRAN);
        assertThat(file).hasSize(667648);
        var location = new BlobInfo.MetaLocation(Compressor.NONE, 0, 0xa1290, 0xa1290);
        var info = zranBlob(location, 163);
        var meta = BlobMeta.openCacheFile(info, MemorySegment.ofArray(file), ZRAN);
        assertThat(meta.count()).isEqualTo(163);
        assertThat(meta.contexts().count()).isEqualTo(21);
        assertThat(BlobMeta.cacheFileSize(0xa1290)).isEqualTo(file.length);
        var context = meta.contexts().zran(0);
        assertThat(context.compressedOffset()).isEqualTo(0xa);
        assertThat(context.compressedSize()).isEqualTo(0x30ebc);
        assertThat(context.plainSize()).isEqualTo(0x101076);
        assertThat(context.dictionary().size()).isZero();
        var second = meta.contexts().zran(1);
        assertThat(second.compressedOffset()).isEqualTo(0x2dd71);
        assertThat(second.dictionary().size()).isEqualTo(32768);
        assertThat(second.previousByte()).isEqualTo(0x67);
        assertThat(second.pendingBits()).isEqualTo(5);
        var expected = expected("zran-233c72f2-blob.meta.json").get("chunks").items();
        for (int i = 0; i < expected.size(); i++) {
            var chunk = expected.get(i);
            assertThat(meta.isZran(i)).isTrue();
            assertThat(meta.isCompressed(i)).isTrue();
            assertThat(meta.uncompressedOffset(i)).isEqualTo(number(chunk, "uncompressed_offset"));
            assertThat((long) meta.uncompressedSize(i))
                    .isEqualTo(number(chunk, "uncompressed_size"));
            assertThat(meta.compressedOffset(i)).isEqualTo(number(chunk, "compressed_offset"));
            assertThat((long) meta.compressedSize(i)).isEqualTo(number(chunk, "compressed_size"));
            assertThat((long) meta.context(i)).isEqualTo(number(chunk, "zran_index"));
            assertThat(meta.contextOffset(i)).isEqualTo(number(chunk, "zran_offset"));
        }
        assertThat(meta.uncompressedOffset(162)).isEqualTo(0x16c5000);
        assertThat(meta.uncompressedSize(162)).isEqualTo(364);
        // Written again, record by record.
        byte[] written = new byte[21 * Contexts.SIZE];
        long dictionaries = 0;
        for (int i = 0; i < 21; i++) {
            var one = meta.contexts().zran(i);
            Contexts.writeZran(
                    LittleEndian.of(written, "contexts"),
                    (long) i * Contexts.SIZE,
                    one.compressedOffset(),
                    one.plainOffset(),
                    one.compressedSize(),
                    one.plainSize(),
                    dictionaries,
                    one.dictionary().size(),
                    one.previousByte(),
                    one.pendingBits());
            dictionaries += one.dictionary().size();
        }
        assertThat(written)
                .isEqualTo(java.util.Arrays.copyOfRange(file, 3912, 3912 + written.length));
    }

    private static BlobInfo zranBlob(BlobInfo.MetaLocation location, int chunks) {
        return new BlobInfo(
                0,
                "233c72f2b6b698c07021c4da367cfe2dff4f049efbaa885ca0ff760ea297865a",
                0x100000,
                chunks,
                Compressor.GZIP,
                Digester.SHA256,
                new BlobFeatures(0x4000_001f),
                9839040,
                0x16c6000,
                location,
                BlobInfo.TocLocation.ABSENT,
                new byte[32],
                0,
                Cipher.NONE,
                new byte[0],
                new byte[0],
                0,
                0,
                0);
    }
}
