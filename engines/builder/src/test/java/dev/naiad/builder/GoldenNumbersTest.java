package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.blob.BlobMetaHeader;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.Toc;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.rafs.v5.V5Bootstrap;
import dev.naiad.rafs.v6.V6Bootstrap;
import dev.naiad.testkit.Golden;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every number that the golden files' README states and that the comparisons with {@code expected/}
 * and the listings do not cover: sizes of files, places of tables, what there is how often.
 */
class GoldenNumbersTest {
    private static final String V6_BLOB =
            "be7d77eeb719f70884758d1aa800ed0fb09d701aaec469964e9d54325f0d5fef";
    private static final String TOC_BLOB =
            "2fa78cad554b75ac91a4a125ed148d0ddeb25efa4aaa8bd80e5dc292690a4dca";
    private static final String ZRAN =
            "233c72f2b6b698c07021c4da367cfe2dff4f049efbaa885ca0ff760ea297865a.blob.meta";

    private static Bootstrap open(byte[] bytes) {
        return BootstrapReader.open(MemorySegment.ofArray(bytes), "golden");
    }

    @ParameterizedTest
    @CsvSource({
        "repeatable, sha256-nocompress-repeatable, 18648, SHA256, NONE, 3508766, 3508766",
        "repeatable, blake3-lz4_block-non_repeatable, 18648, BLAKE3, NONE, 3508766, 3508766",
        "history, blake3-lz4_block-non_repeatable.2020, 18584, BLAKE3, LZ4_BLOCK, 994935, 0"
    })
    void numbersOfTheV5Files(
            String folder,
            String name,
            int size,
            Digester digester,
            Compressor compressor,
            int blobBytes,
            long compressedSize) {
        byte[] bytes = Golden.bytes("nydus", folder, name);
        assertThat(bytes).hasSize(size);
        var image = (V5Bootstrap) open(bytes);
        assertThat(image.digester()).isEqualTo(digester);
        assertThat(image.compressor()).isEqualTo(compressor);
        assertThat(image.chunkSize()).isEqualTo(0x100000);
        assertThat(image.inodeCount()).isEqualTo(51);
        assertThat(image.superBlock().entries()).isEqualTo(54);
        assertThat(image.superBlock().prefetchTable()).isEqualTo(8408);
        assertThat(image.prefetch()).isEmpty();
        assertThat(image.superBlock().blobTable()).isEqualTo(8408);
        assertThat(image.superBlock().blobTableSize()).isEqualTo(72);
        boolean old = folder.equals("history");
        assertThat(image.superBlock().extendedEntries()).isEqualTo(old ? 0 : 1);
        if (!old) {
            assertThat(image.superBlock().extendedTable()).isEqualTo(8480);
            assertThat(image.blobs().getFirst().features().bits()).isZero();
            assertThat(image.blobs().getFirst().compressedSize()).isEqualTo(compressedSize);
            assertThat(image.blobs().getFirst().uncompressedSize()).isEqualTo(3508766);
        }
        assertThat(image.blobs()).hasSize(1);
        byte[] blob = Golden.bytes("nydus", "repeatable", "blobs", image.blobs().getFirst().id());
        assertThat(blob).hasSize(blobBytes);
        assertThat(Digest.sha256Of(blob).hex()).isEqualTo(image.blobs().getFirst().id());

        var files = BuiltImage.of(image, Map.of(image.blobs().getFirst().id(), blob));
        var types = new TreeMap<FileType, Integer>();
        types.put(image.root().type(), 1);
        var numbers = new HashSet<Long>();
        numbers.add(image.root().number());
        var chunks = new HashSet<String>();
        int records = 0;
        for (String path : files.paths()) {
            Inode inode = files.at(path);
            types.merge(inode.type(), 1, Integer::sum);
            numbers.add(inode.number());
            assertThat(inode.hasXattrs()).as(path).isFalse();
            for (int k = 0; k < inode.chunkCount(); k++) {
                chunks.add(Hex.encode(inode.chunk(k).digest()));
                records++;
            }
        }
        assertThat(types)
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(FileType.DIRECTORY, 24, FileType.REGULAR, 23, FileType.SYMLINK, 7));
        assertThat(numbers).hasSize(52);
        assertThat(records).isEqualTo(29);
        assertThat(chunks).hasSize(23);
        for (String link : new String[] {"/hardlink-test/foo", "/hardlink-test/test.sh"}) {
            assertThat(files.at(link).number())
                    .isEqualTo(files.at("/normal-file-test/test.sh").number())
                    .isEqualTo(old ? files.at(link).number() : 5);
            assertThat(files.at(link).linkCount()).isEqualTo(3);
        }
        assertThat(BuiltImage.names(image.root()))
                .containsExactly("hardlink-test", "normal-file-test", "symlink-test");
        // The table of inodes follows the superblock.
        var file = LittleEndian.of(bytes, name);
        for (int i = 1; i < 54 && !old; i++) {
            assertThat(file.u32(8192 + 4L * i)).isGreaterThan(file.u32(8192 + 4L * (i - 1)));
        }
        if (old) {
            assertThat(indexesOfChunks(file)).containsOnly(0L);
        }
    }

    /** The field that numbers a chunk, in each chunk record of each file. */
    private static Set<Long> indexesOfChunks(LittleEndian file) {
        var indexes = new HashSet<Long>();
        for (int i = 0; i < 54; i++) {
            long at = 8 * file.u32(8192 + 4L * i);
            if ((file.u32(at + 60) & 0xf000) == 0x8000) {
                long chunk = at + 128 + pad(file.u16(at + 100)) + pad(file.u16(at + 102));
                for (int k = 0; k < file.u32(at + 96); k++) {
                    indexes.add(file.u32(chunk + 80L * k + 72));
                }
            }
        }
        return indexes;
    }

    private static long pad(int size) {
        return (size + 7L) & ~7L;
    }

    @Test
    void numbersOfTheV6Bootstrap() {
        byte[] bytes = Golden.bytes("nydus", "bootstrap", "rafs-v6-2.2.boot");
        assertThat(bytes).hasSize(20480);
        var image = (V6Bootstrap) open(bytes);
        assertThat(image.blockSize()).isEqualTo(4096);
        assertThat(image.superBlock().metaBlock()).isEqualTo(2);
        assertThat(image.root().number()).isEqualTo(128);
        assertThat(image.inodeCount()).isEqualTo(3);
        assertThat(image.superBlock().blocks()).isEqualTo(9);
        assertThat(image.flags()).isEqualTo(0x194);
        assertThat(image.extension().blobTableOffset()).isEqualTo(4096);
        assertThat(image.extension().blobTableSize()).isEqualTo(256);
        assertThat(image.extension().chunkTableOffset()).isEqualTo(16384);
        assertThat(image.extension().chunkTableSize()).isEqualTo(160);
        assertThat(image.blobs()).hasSize(1);
        var blob = image.blobs().getFirst();
        assertThat(blob.id()).isEqualTo(V6_BLOB);
        assertThat(blob.chunkCount()).isEqualTo(2);
        assertThat(blob.compressedSize()).isEqualTo(14554);
        assertThat(blob.uncompressedSize()).isEqualTo(36864);
        assertThat(blob.features().bits()).isEqualTo(0x7000_0021);
        assertThat(blob.toc().size()).isEqualTo(1024);
        assertThat(Hex.encode(blob.toc().digest())).startsWith("cfc89ed0").endsWith("acde");
        assertThat(blob.meta()).isEqualTo(new BlobInfo.MetaLocation(Compressor.NONE, 8314, 32, 32));
        assertThat(blob.blocks()).isEqualTo(9);
        assertThat(blob.mappedBlock()).isEqualTo(512);
        assertThat(BuiltImage.names(image.root())).containsExactly("lib.rs", "sync_io.rs");
        var files = BuiltImage.of(image, Map.of());
        assertFile(files.at("/lib.rs"), 133, 16931, 0, 0);
        assertFile(files.at("/sync_io.rs"), 136, 13400, 1, 5 * 4096);
        // The root's i_ino.
        assertThat(LittleEndian.of(bytes, "boot").u32(8192 + 128 * 32 + 20)).isZero();
        assertThat(Golden.bytes("nydus", "blobs", V6_BLOB)).hasSize(14554);
    }

    private static void assertFile(Inode file, long nid, long size, int chunk, long offset) {
        assertThat(file.number()).isEqualTo(nid);
        assertThat(file.size()).isEqualTo(size);
        assertThat(file.chunkCount()).isEqualTo(1);
        assertThat(file.chunkRef(0).blobIndex()).isZero();
        assertThat(file.chunkRef(0).chunkIndex()).isEqualTo(chunk);
        assertThat(file.chunkRef(0).uncompressedOffset()).isEqualTo(offset);
    }

    @Test
    void numbersOfTheBlobWithATableOfContents() {
        byte[] bytes = Golden.bytes("nydus", "toc", TOC_BLOB);
        assertThat(bytes).hasSize(10034);
        var blob = ByteSource.of(TOC_BLOB, MemorySegment.ofArray(bytes));
        var data = Toc.probe(blob).orElseThrow().entries().getFirst();
        assertThat(data.name()).isEqualTo("image.blob");
        assertThat(data.offset()).isEqualTo(2829); // its end: builders of then wrote that
        var image = open(BlobReader.inlinedBootstrap(blob));
        var info = image.blobs().getFirst();
        assertThat(info.id()).startsWith("d788a0ea").endsWith("7de3");
        assertThat(info.mappedBlock()).isZero();
        assertThat(info.chunkCount()).isEqualTo(3);
        var header =
                BlobMetaHeader.read(
                        MemorySegment.ofArray(bytes),
                        info.meta().offset() + info.meta().compressedSize(),
                        "blob");
        assertThat(header.features().bits()).isEqualTo(1);
        var files = BuiltImage.of(image, Map.of());
        assertThat(BuiltImage.names(image.root()))
                .containsExactly("error.rs", "lib.rs", "logger.rs");
        assertThat(files.at("/error.rs").size()).isEqualTo(2816);
        assertThat(files.at("/lib.rs").size()).isEqualTo(678);
        assertThat(files.at("/logger.rs").size()).isEqualTo(3115);
    }

    @Test
    void numbersOfTheZranLayersChunkInformation() {
        byte[] bytes = Golden.bytes("nydus", "zran", ZRAN);
        assertThat(bytes).hasSize(0xa2000 + 4096);
        var header = BlobMetaHeader.read(MemorySegment.ofArray(bytes), 0xa2000, ZRAN);
        assertThat(header.features().bits()).isEqualTo(0xf);
        assertThat(header.entries()).isEqualTo(163);
        var file = LittleEndian.of(bytes, ZRAN);
        var perContext = new TreeMap<Long, Integer>();
        int holes = 0;
        long end = 0;
        for (int i = 0; i < 163; i++) {
            long at = 24L * i;
            assertThat(file.u32(at + 4) >>> 24).as("flags of record %d", i).isEqualTo(3);
            long offset = 4096 * file.u32(at);
            holes += offset > end ? 1 : 0;
            end = (offset + (file.u32(at + 4) & 0xff_ffff) + 1 + 4095) / 4096 * 4096;
            perContext.merge(file.u32(at + 20), 1, Integer::sum);
        }
        assertThat(perContext).hasSize(21);
        assertThat(perContext.values()).allMatch(count -> count <= 67).contains(67);
        long dictionaries = 0;
        for (int i = 0; i < 21; i++) {
            dictionaries += file.u32(3912 + 40L * i + 32);
        }
        assertThat(dictionaries).isEqualTo(655360);
        assertThat(holes).as("chunks that do not follow the one before").isPositive();
    }

    @Test
    void numbersOfTheArchives() throws IOException {
        var zero =
                BuiltImage.ofTar(Golden.bytes("nydus", "zran", "zran-zero-file.tar.gz"), plain());
        assertThat(zero.paths()).containsExactly("/zero.bin");
        assertThat(zero.content("/zero.bin")).isEqualTo(new byte[256 << 10]);

        var all = BuiltImage.ofTar(Golden.bytes("nydus", "tar", "all-entry-type.tar"), plain());
        var links = new HashSet<Long>();
        for (String path : all.paths()) {
            Inode inode = path.endsWith("/") ? null : all.at(path);
            if (inode != null && inode.type() == FileType.REGULAR) {
                assertThat(inode.size()).isEqualTo(15);
                assertThat(inode.linkCount()).isEqualTo(4);
                links.add(inode.number());
            }
        }
        assertThat(links).hasSize(1);

        byte[] tar = Golden.bytes("nydus", "tar", "all-entry-type-macos.tar");
        var macos = BuiltImage.ofTar(tar, plain());
        assertThat(macos.paths()).anyMatch(path -> path.contains("/._"));
        assertThat(macos.paths()).anyMatch(path -> path.length() > 100);
        int linked = 0;
        for (String path : macos.paths()) {
            Inode inode = macos.at(path.replaceAll("/$", ""));
            assertThat(inode.hasXattrs()).as(path).isFalse();
            linked += inode.type() == FileType.REGULAR && inode.linkCount() > 1 ? 1 : 0;
        }
        assertThat(linked).isGreaterThan(1);

        assertThat(Golden.bytes("nydus", "tar", "empty.tar")).isEmpty();
        // The first of two archives, up to its zero blocks.
        byte[] two;
        try (var in =
                LayerStreams.open(
                        new ByteArrayInputStream(
                                Golden.bytes("nydus", "zran", "zran-two-streams.tar.gz")),
                        "two")) {
            two = in.readAllBytes();
        }
        int end = 0;
        while (!Arrays.equals(Arrays.copyOfRange(two, end, end + 1024), new byte[1024])) {
            end += 512;
        }
        var first = BuiltImage.ofTar(Arrays.copyOf(two, end + 1024), plain());
        assertThat(ImageCheck.check(first.image()).files()).isEqualTo(3);
    }

    private static BuildOptions plain() {
        return BuildOptions.defaults().withThreads(2);
    }
}
