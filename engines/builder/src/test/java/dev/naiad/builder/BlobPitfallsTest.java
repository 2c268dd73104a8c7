package dev.naiad.builder;

import static dev.naiad.builder.Pitfalls.EXTENSION;
import static dev.naiad.builder.Pitfalls.SMALL;
import static dev.naiad.builder.Pitfalls.image;
import static dev.naiad.builder.Pitfalls.noise;
import static dev.naiad.builder.Pitfalls.patched;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.ChunkInfoArray;
import dev.naiad.rafs.blob.SectionHeader;
import dev.naiad.rafs.blob.Toc;
import dev.naiad.testkit.TestTar;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The traps of the blob format, each with what a reader or writer has to make of it. The numbers
 * are those of the list that was kept of them; batches, encryption, zran and tarfs have tests of
 * their own.
 */
class BlobPitfallsTest {
    // Number 2.
    @Test
    void theEntryOfTheDataCoversItsTarHeaderAndGarbageBehindEntriesIsPassedBy() {
        var image = image(SMALL.withToc(true));
        byte[] blob = image.blob();
        var source = ByteSource.of("blob", MemorySegment.ofArray(blob));
        var toc = Toc.probe(source).orElseThrow();
        var data = toc.find(SectionHeader.IMAGE_BLOB).orElseThrow();
        int size = (int) data.compressedSize();
        assertThat(data.digest())
                .isEqualTo(Digest.sha256Of(Arrays.copyOf(blob, size + 512)).bytes());
        assertThat(data.uncompressedSize())
                .isEqualTo(image.image().blobs().getFirst().uncompressedSize());
        byte[] garbage = blob.clone();
        for (int i = 0; i < toc.entries().size(); i++) {
            Arrays.fill(
                    garbage,
                    (int) toc.offset() + 128 * i + 124,
                    (int) toc.offset() + 128 * i + 128,
                    (byte) 0xab);
        }
        assertThat(
                        Toc.probe(ByteSource.of("blob", MemorySegment.ofArray(garbage)))
                                .orElseThrow()
                                .entries())
                .hasSameSizeAs(toc.entries());
    }

    // Number 3.
    @ParameterizedTest
    @EnumSource
    void compressedSizeIsTheFileAndTheDataRegionIsLess(RafsVersion version) {
        var image = image(SMALL.withVersion(version));
        var blob = image.image().blobs().getFirst();
        assertThat(blob.compressedSize()).isEqualTo(image.blob().length);
        if (version == RafsVersion.V6) {
            assertThat(blob.compressedDataSize()).isEqualTo(blob.meta().offset());
        } else {
            assertThat(blob.compressedDataSize()).isEqualTo(image.blob().length);
        }
        var inlined = image(SMALL.withVersion(version).withInlineBootstrap(true));
        var inside = inlined.image().blobs().getFirst();
        assertThat(inside.compressedSize())
                .as("where the bootstrap begins")
                .isLessThan(inlined.blob().length - 512L)
                .isGreaterThan(inside.compressedDataSize());
    }

    private static BlobInfo blob(int index, int chunks, long uncompressedSize) {
        return new BlobInfo(
                index,
                String.format("%064x", index),
                0x1000,
                chunks,
                Compressor.NONE,
                Digester.BLAKE3,
                new BlobFeatures(BlobFeatures.CAP_TAR_TOC | BlobFeatures.ALIGNED),
                uncompressedSize,
                uncompressedSize,
                new BlobInfo.MetaLocation(
                        Compressor.NONE, uncompressedSize, 16L * chunks, 16L * chunks),
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

    // Numbers 13 and 14.
    @Test
    void recordsHoldAlignedOffsetsOnlyAndSizesUpTo16Mebibytes() {
        byte[] bytes = new byte[24];
        var array = LittleEndian.of(bytes, "records");
        ChunkInfoArray.writeV1(array, 0, 0x5000, 1 << 24, 4828, 2974);
        assertThat(array.bits64(0) & 0xfff_ffff_f000L).isEqualTo(0x5000);
        for (long unaligned : new long[] {1, 0x800, 0x5001}) {
            assertThatThrownBy(() -> ChunkInfoArray.writeV1(array, 0, unaligned, 10, 0, 10))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> ChunkInfoArray.writeV2(array, 0, 0, unaligned, 10, 0, 10, 0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        // Whether a chunk of v1 is compressed follows from its sizes alone.
        var image = image(SMALL);
        var meta =
                new BlobReader(
                                ByteSource.of("blob", MemorySegment.ofArray(image.blob())),
                                image.image().blobs().getFirst())
                        .meta();
        var records = image.image().chunks(0);
        int raw = 0;
        for (int i = 0; i < meta.count(); i++) {
            assertThat(meta.isCompressed(i)).isEqualTo(records.isCompressed(i));
            raw += meta.isCompressed(i) ? 0 : 1;
        }
        assertThat(raw).isPositive().isLessThan(meta.count());
    }

    /** Four bytes whose CRC-32C is 0: the checksum is linear, so four bytes can be solved for. */
    private static byte[] zeroChecksum() {
        long start = crc(0);
        long[] columns = new long[32];
        long[] sources = new long[32];
        for (int bit = 0; bit < 32; bit++) {
            columns[bit] = crc(1L << bit) ^ start;
            sources[bit] = 1L << bit;
        }
        long wanted = start;
        long solution = 0;
        for (int row = 31; row >= 0; row--) {
            long mask = 1L << row;
            int pivot = -1;
            for (int i = 0; i < 32; i++) {
                if ((columns[i] & mask) != 0 && columns[i] < mask << 1) {
                    pivot = i;
                    break;
                }
            }
            assertThat(pivot).isNotNegative();
            for (int i = 0; i < 32; i++) {
                if (i != pivot && (columns[i] & mask) != 0) {
                    columns[i] ^= columns[pivot];
                    sources[i] ^= sources[pivot];
                }
            }
            if ((wanted & mask) != 0) {
                wanted ^= columns[pivot];
                solution ^= sources[pivot];
            }
        }
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) solution).array();
    }

    private static long crc(long word) {
        var crc = new CRC32C();
        crc.update(
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) word).array());
        return crc.getValue();
    }

    // Number 15.
    @ParameterizedTest
    @EnumSource
    void aChunkWhoseChecksumIsZeroCarriesNone(RafsVersion version) {
        byte[] content = zeroChecksum();
        var crc = new CRC32C();
        crc.update(content);
        assertThat(crc.getValue()).isZero();
        var image =
                BuiltImage.ofTar(
                        new TestTar().file("zero", content).file("other", "other").end(),
                        SMALL.withVersion(version));
        assertThat(image.at("zero").chunk(0).hasCrc()).isFalse();
        assertThat(image.at("other").chunk(0).hasCrc()).isTrue();
        assertThat(image.content("zero")).isEqualTo(content);
    }

    private static long blobTable(LittleEndian file) {
        return file.u64(EXTENSION + 8);
    }

    // Number 22.
    @Test
    void framesOfZstdCarryTheirSizeAndNeitherChecksumNorDictionary() {
        var image = image(SMALL);
        var chunk = image.at("text").chunk(0);
        assertThat(chunk.isCompressed()).isTrue();
        int at = (int) chunk.compressedOffset();
        var frame = ByteBuffer.wrap(image.blob()).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(frame.getInt(at)).isEqualTo(0xFD2F_B528);
        int descriptor = frame.get(at + 4) & 0xff;
        assertThat(descriptor & 0x3).as("dictionary id").isZero();
        assertThat(descriptor & 0x4).as("checksum").isZero();
        assertThat(descriptor & 0xe0).as("content size or single segment").isNotZero();
    }

    // Number 23.
    @Test
    void withoutTheMarkOfCurrentBuildersIdAndSizeOfTheDataAreReadTheOldWay() {
        var info = blob(0, 3, 0x3000);
        assertThat(info.hasPlaceholderId()).isFalse();
        var old = info.withoutFeatures(BlobFeatures.CAP_TAR_TOC);
        assertThat(old.hasPlaceholderId()).isTrue();
        assertThat(old.compressedDataSize()).isEqualTo(old.compressedSize());
        assertThat(info.withFeatures(BlobFeatures.HAS_TAR_HEADER).compressedDataSize())
                .isEqualTo(info.meta().offset() - 512);
    }

    // Number 29.
    @Test
    void aDigestOfTheTableOfContentsThatIsNotOursDoesNoHarm() {
        var image = image(SMALL.withToc(true));
        var wrong =
                patched(
                        image,
                        file -> {
                            long at = blobTable(file);
                            file.putU32(at + 104, 0).putBytes(at + 136, noise(32));
                        });
        var info = wrong.blobs().getFirst();
        var reader =
                new BlobReader(ByteSource.of("blob", MemorySegment.ofArray(image.blob())), info);
        assertThat(reader.meta().count()).isEqualTo(info.chunkCount());
    }

    // Number 21.
    @Test
    void blocksOfLz4HaveNoSizeAndDecodeToExactlyTheRecordedOne() {
        var image = image(SMALL.withCompressor(Compressor.LZ4_BLOCK));
        assertThat(image.text("text")).isEqualTo("text ".repeat(3000));
        var chunk = image.at("text").chunk(0);
        assertThat(chunk.flags() & ChunkInfo.COMPRESSED).isNotZero();
        var codec = Compressor.LZ4_BLOCK.codec();
        byte[] stored =
                Arrays.copyOfRange(
                        image.blob(),
                        (int) chunk.compressedOffset(),
                        (int) chunk.compressedOffset() + chunk.compressedSize());
        assertThat(codec.decompress(stored, 0x1000, "chunk")).hasSize(0x1000);
        for (int size : new int[] {0xfff, 0x1001}) {
            assertThatThrownBy(() -> codec.decompress(stored, size, "chunk"))
                    .isInstanceOf(CorruptFormatException.class);
        }
    }
}
