package dev.naiad.builder;

import static dev.naiad.builder.Pitfalls.EXTENSION;
import static dev.naiad.builder.Pitfalls.SMALL;
import static dev.naiad.builder.Pitfalls.image;
import static dev.naiad.builder.Pitfalls.noise;
import static dev.naiad.builder.Pitfalls.patched;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The traps of the bootstrap formats, each with what a reader or writer has to make of it. The
 * numbers are those of the list that was kept of them; batches, encryption, zran and tarfs have
 * tests of their own.
 */
class BootstrapPitfallsTest {
    private static final int EROFS = 1024;
    private static final int DEVICES = 1408;

    private static LittleEndian view(BuiltImage image) {
        return LittleEndian.of(image.bootstrap(), "bootstrap");
    }

    // Number 4.
    @Test
    void generationsAreToldApartByTheirMagicAtDifferentPlaces() {
        var six = view(image(SMALL));
        for (int at = 0; at < EROFS; at += 8) {
            assertThat(six.bits64(at)).isZero();
        }
        assertThat(six.u32(EROFS)).isEqualTo(0xE0F5_E1E2L);
        var five = view(image(SMALL.withVersion(RafsVersion.V5)));
        assertThat(five.u32(0)).isEqualTo(0x5241_4653L);
        byte[] neither = new byte[16384];
        assertThatThrownBy(() -> BootstrapReader.open(MemorySegment.ofArray(neither), "neither"))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("neither");
    }

    // Number 5.
    @Test
    void fieldsOfTheV5SuperblockCountWhatTheyCount() {
        var image =
                image(
                        SMALL.withVersion(RafsVersion.V5)
                                .withPrefetch(PrefetchPolicy.FS, List.of("/text", "/noise")));
        var file = view(image);
        assertThat(file.u32(12)).as("block size: the chunk size").isEqualTo(0x1000);
        assertThat(file.u32(60)).as("prefetch entries").isEqualTo(2);
        assertThat(file.u32(64)).as("blob table bytes").isEqualTo(8 + 64);
        assertThat(file.u32(68)).as("extended entries").isEqualTo(1);
        var six = image(SMALL.withPrefetch(PrefetchPolicy.FS, List.of("/text", "/noise")));
        assertThat(view(six).u32(EXTENSION + 48)).as("v6 prefetch bytes").isEqualTo(8);
    }

    // Number 7.
    @ParameterizedTest
    @EnumSource
    void namesOfOneSymlinkAreInodesOfTheirOwnAndHardLinksMayPointBack(
            RafsVersion version, @TempDir Path temp) throws IOException {
        var tree = Files.createDirectory(temp.resolve("tree"));
        Files.createDirectories(tree.resolve("z/deep"));
        Files.writeString(tree.resolve("z/deep/first"), "content");
        Files.createLink(tree.resolve("a"), tree.resolve("z/deep/first"));
        Files.createSymbolicLink(tree.resolve("sym"), Path.of("a"));
        Files.createLink(tree.resolve("sym2"), tree.resolve("sym"));
        var blob = new ByteArrayOutputStream();
        var layer =
                LayerBuilder.fromDirectory(
                        tree, SMALL.withVersion(version), Channels.newChannel(blob));
        var image = BuiltImage.of(layer, blob.toByteArray());
        ImageCheck.check(image.image());
        assertThat(image.at("sym").linkCount()).isEqualTo(1);
        assertThat(image.at("sym2").linkCount()).isEqualTo(1);
        assertThat(image.at("sym").number()).isNotEqualTo(image.at("sym2").number());
        // The file's number is that of its first name; its parent by the other name is larger.
        assertThat(image.at("a").number()).isEqualTo(image.at("z/deep/first").number());
        assertThat(image.text("z/deep/first")).isEqualTo("content");
    }

    // Number 8.
    @Test
    void namesThatSortBeforeDotAreFound() {
        var names = List.of("!a", "-x", "#", "+", ".a", "..a", "...", "0", "a");
        var tar = new TestTar();
        names.forEach(name -> tar.file("d/" + name, name));
        var image = BuiltImage.ofTar(tar.end(), SMALL);
        for (String name : names) {
            assertThat(image.text("d/" + name)).isEqualTo(name);
        }
        assertThat(BuiltImage.names(image.at("d"))).isSorted().hasSize(names.size());
        for (String dots : List.of(".", "..")) {
            assertThat(image.at("d").child(dots.getBytes(StandardCharsets.UTF_8))).isNull();
        }
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

    /**
     * An image of one file whose chunks are spread over blobs: chunk k in blob {@code k % blobs}.
     */
    private static byte[] spread(int chunks, int blobs) {
        var store = new ChunkStore();
        int[] numbers = new int[chunks];
        byte[] digest = new byte[Digester.LENGTH];
        int each = chunks / blobs;
        for (int k = 0; k < chunks; k++) {
            ByteBuffer.wrap(digest).putInt(k + 1);
            int index = k / blobs;
            numbers[k] = store.add(digest, 0, k % blobs, index, 0x1000, 0x1000L * index, false);
            store.stored(numbers[k], 0x1000L * index, 0x1000, 0, 0);
        }
        var tree = new FileTree();
        tree.root()
                .put(
                        new byte[] {'f'},
                        new InodeData(FileType.REGULAR.modeBits() | 0644)
                                .size(0x1000L * chunks)
                                .chunks(numbers));
        var table = new ArrayList<BlobInfo>();
        for (int i = 0; i < blobs; i++) {
            table.add(blob(i, each, 0x1000L * each));
        }
        return new V6Writer(tree, store, table, 0x1000, 0x1000)
                .write(
                        SuperFlags.COMPRESSION_NONE
                                | SuperFlags.HASH_BLAKE3
                                | SuperFlags.ENCRYPTION_NONE,
                        List.of());
    }

    // Number 9.
    @Test
    void chunkIndexesBeyondSixteenBitsAndTheLastBlobAreFound() {
        var many = BootstrapReader.open(MemorySegment.ofArray(spread(70_000, 1)), "many");
        var file = Objects.requireNonNull(many.root().child(new byte[] {'f'}));
        assertThat(file.chunkRef(69_999).chunkIndex()).isEqualTo(69_999);
        assertThat(file.chunk(69_999).uncompressedOffset()).isEqualTo(0x1000L * 69_999);
        var blobs = BootstrapReader.open(MemorySegment.ofArray(spread(508, 254)), "blobs");
        file = Objects.requireNonNull(blobs.root().child(new byte[] {'f'}));
        assertThat(file.chunkRef(253).blobIndex()).isEqualTo(253);
        assertThat(file.chunkRef(507).chunkIndex()).isEqualTo(1);
        assertThatThrownBy(() -> spread(510, 255))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("255 blobs")
                .hasMessageContaining("254");
    }

    // Number 10.
    @Test
    void aFileThatIsOneExtentForTheKernelStillHasAllItsRecords() {
        var image = image(SMALL);
        var file = image.at("noise");
        long at = view(image).u32(EROFS + 40) * 4096 + file.number() * 32;
        assertThat(view(image).u32(at + 16) & 0x1f).as("log2 of 16 KiB less 12").isEqualTo(2);
        assertThat(file.chunkCount()).isEqualTo(3);
        assertThat(image.content("noise")).isEqualTo(noise(10_000));
    }

    // Number 12.
    @Test
    void theMappedAddressIsReadAndNotComputed() {
        var image = image(SMALL);
        var blob = image.image().blobs().getFirst();
        assertThat(blob.mappedBlock() * 4096 % 0x80000).isZero();
        for (long block : new long[] {0, 512, 12_345}) {
            var other = patched(image, file -> file.putU32(DEVICES + 68, block));
            assertThat(other.blobs().getFirst().mappedBlock()).isEqualTo(block);
            ImageCheck.check(other);
        }
    }

    // Number 16.
    @ParameterizedTest
    @ValueSource(strings = {"plain", "inline", "toc"})
    void aLayerWithoutDataHasNoBlobInItsTable(String form) {
        var options = SMALL.withInlineBootstrap(!form.equals("plain")).withToc(form.equals("toc"));
        for (var version :
                form.equals("toc") ? List.of(RafsVersion.V6) : List.of(RafsVersion.values())) {
            var image =
                    BuiltImage.ofTar(
                            new TestTar().dir("d", 0755).file("empty", "").end(),
                            options.withVersion(version));
            assertThat(image.image().blobs()).isEmpty();
            ImageCheck.check(image.image());
        }
        var none = image(SMALL);
        assertThatThrownBy(
                        () ->
                                patched(
                                        none,
                                        file ->
                                                file.putU32(
                                                        blobTable(file) + 84,
                                                        0x8000_0000L
                                                                | file.u32(blobTable(file) + 84))))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("features");
    }

    private static long blobTable(LittleEndian file) {
        return file.u64(EXTENSION + 8);
    }

    // Number 17.
    @Test
    void aDirectoryBuildKeepsNanosecondsAndZeroesTheRoot(@TempDir Path temp) throws IOException {
        var tree = Files.createDirectory(temp.resolve("tree"));
        var file = Files.writeString(tree.resolve("file"), "x");
        Files.setLastModifiedTime(
                file, FileTime.from(Instant.ofEpochSecond(1_700_000_000, 123_456_789)));
        var blob = new ByteArrayOutputStream();
        var layer = LayerBuilder.fromDirectory(tree, SMALL, Channels.newChannel(blob));
        var image = BuiltImage.of(layer, blob.toByteArray());
        assertThat(image.at("file").mtimeNanos()).isEqualTo(123_456_789);
        assertThat(image.image().root().mtimeSeconds()).isZero();
        assertThat(image.image().root().mtimeNanos()).isZero();
    }

    // Number 18.
    @Test
    void unknownFlagsOfTheSuperblockAreFatalAndThoseOfBlobsOnlyBelowABound() {
        var six = image(SMALL);
        for (long bit : new long[] {0x400, 0x10_0000, 0x1_0000_0000L}) {
            assertThatThrownBy(
                            () ->
                                    patched(
                                            six,
                                            file ->
                                                    file.putU64(
                                                            EXTENSION,
                                                            file.bits64(EXTENSION) | bit)))
                    .isInstanceOf(CorruptFormatException.class)
                    .hasMessageContaining("flags");
        }
        // Reserved for compatible ones.
        patched(six, file -> file.putU64(EXTENSION, file.bits64(EXTENSION) | 0x8000_0000L));
        for (long bit : new long[] {0x1000, 0x8000}) {
            assertThatThrownBy(() -> patched(six, file -> feature(file, bit)))
                    .isInstanceOf(CorruptFormatException.class)
                    .hasMessageContaining("features");
        }
        ImageCheck.check(patched(six, file -> feature(file, 0x2_0000)));
        var five = image(SMALL.withVersion(RafsVersion.V5));
        assertThatThrownBy(() -> patched(five, file -> file.putU64(16, file.bits64(16) | 0x400)))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("flags");
        ImageCheck.check(
                patched(
                        five,
                        file -> {
                            long at = file.u64(72) + 4;
                            file.putU32(at, file.u32(at) | 0x1000);
                        }));
    }

    private static void feature(LittleEndian file, long bit) {
        long at = blobTable(file) + 84;
        file.putU32(at, file.u32(at) | bit);
    }

    // Number 30.
    @Test
    void compactInodesAreRead() {
        var image = image(SMALL);
        long at = view(image).u32(EROFS + 40) * 4096 + image.at("empty").number() * 32;
        var other =
                patched(
                        image,
                        file -> {
                            long mode = file.u16(at + 4);
                            file.putU16(at, file.u16(at) & ~1)
                                    .putU16(at + 4, (int) mode)
                                    .putU16(at + 6, 1)
                                    .putU64(at + 8, 0)
                                    .putU16(at + 24, 7)
                                    .putU16(at + 26, 8)
                                    .putU32(at + 28, 0);
                        });
        var inode =
                Objects.requireNonNull(
                        other.root().child("empty".getBytes(StandardCharsets.UTF_8)));
        assertThat(inode.type()).isEqualTo(FileType.REGULAR);
        assertThat(inode.uid()).isEqualTo(7);
        assertThat(inode.gid()).isEqualTo(8);
        assertThat(inode.linkCount()).isEqualTo(1);
        assertThat(inode.mtimeSeconds()).isZero();
        ImageCheck.check(other);
    }
}
