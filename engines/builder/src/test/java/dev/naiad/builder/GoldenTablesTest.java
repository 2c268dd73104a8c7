package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.TreeLoader;
import dev.naiad.builder.v5.V5Writer;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.blob.BlobMetaHeader;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.rafs.blob.Toc;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.rafs.v5.V5Bootstrap;
import dev.naiad.testkit.Golden;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the READMEs of the golden files say and no other test checks. */
class GoldenTablesTest {
    private static final String V6_BLOB =
            "be7d77eeb719f70884758d1aa800ed0fb09d701aaec469964e9d54325f0d5fef";
    private static final String TOC_BLOB =
            "2fa78cad554b75ac91a4a125ed148d0ddeb25efa4aaa8bd80e5dc292690a4dca";

    private static Bootstrap open(byte[] bytes, String name) {
        return BootstrapReader.open(MemorySegment.ofArray(bytes), name);
    }

    private static ConfigNode expected(String name) {
        return JsonReader.parse(name, Golden.bytes("nydus", "expected", name));
    }

    private static long number(ConfigNode node, String key) {
        return Long.parseLong(node.get(key).text());
    }

    @ParameterizedTest
    @CsvSource({
        "sha256-nocompress-repeatable, sha256-nocompress-repeatable.result",
        "blake3-lz4_block-non_repeatable, blake3-lz4_block-non_repeatable.result"
    })
    void treesAreWhatTheListingsSay(String bootstrap, String listing)
            throws NoSuchAlgorithmException {
        var image = open(Golden.bytes("nydus", "repeatable", bootstrap), bootstrap);
        String text =
                new String(Golden.bytes("nydus", "repeatable", listing), StandardCharsets.UTF_8);
        int sums = text.indexOf("\n]\n") + 2;
        var node = JsonReader.parse(listing, text.substring(0, sums)).items().getFirst();
        assertThat(lines("", image.root())).isEqualTo(lines("", node));
        // Behind the listing: MD5 sums.
        var blob = image.blobs().getFirst();
        var files =
                BuiltImage.of(
                        image,
                        Map.of(blob.id(), Golden.bytes("nydus", "repeatable", "blobs", blob.id())));
        int checked = 0;
        for (String line : text.substring(sums).lines().filter(l -> !l.isBlank()).toList()) {
            String[] sumAndPath = line.split("  ", 2);
            byte[] content = files.content(sumAndPath[1]);
            assertThat(Hex.encode(MessageDigest.getInstance("MD5").digest(content)))
                    .as(sumAndPath[1])
                    .isEqualTo(sumAndPath[0]);
            checked++;
        }
        assertThat(checked).isGreaterThan(20);
    }

    private static List<String> lines(String path, ConfigNode node) {
        var result = new ArrayList<String>();
        for (var child : node.get("contents").items()) {
            String name = path + "/" + child.get("name").text();
            result.add(name + " " + child.get("type").text());
            result.addAll(lines(name, child));
        }
        return result.stream().sorted().toList();
    }

    private static List<String> lines(String path, Inode directory) {
        var result = new ArrayList<String>();
        directory.children(
                0,
                (number, type, bytes, cookie) -> {
                    String name =
                            path
                                    + "/"
                                    + new String(
                                            bytes.toArray(ValueLayout.JAVA_BYTE),
                                            StandardCharsets.UTF_8);
                    String word =
                            switch (type) {
                                case DIRECTORY -> "directory";
                                case SYMLINK -> "link";
                                default -> "file";
                            };
                    result.add(name + " " + word);
                    var child = directory.child(bytes.toArray(ValueLayout.JAVA_BYTE));
                    if (child != null && child.type() == FileType.DIRECTORY) {
                        result.addAll(lines(name, child));
                    }
                    return true;
                });
        return result.stream().sorted().toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sha256-nocompress-repeatable", "blake3-lz4_block-non_repeatable"})
    void everyInodeOfTheRepeatableImagesIsWrittenAsTheOriginalWroteIt(String name) {
        byte[] bytes = Golden.bytes("nydus", "repeatable", name);
        var original = (V5Bootstrap) open(bytes, name);
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
        // Where a record lies depends on the builder's generation; what is in it does not.
        var left = LittleEndian.of(MemorySegment.ofArray(bytes), name);
        var right = LittleEndian.of(MemorySegment.ofArray(again), "again");
        for (int i = 0; i < original.superBlock().entries(); i++) {
            assertThat(record(right, i)).as("inode " + (i + 1)).isEqualTo(record(left, i));
        }
    }

    /** An inode with name, target and chunk records, as text. */
    private static String record(LittleEndian file, int index) {
        long at = 8 * file.u32(8192 + 4L * index);
        boolean regular = (file.u32(at + 60) & 0xf000) == 0x8000;
        long size = 128 + pad(file.u16(at + 100)) + pad(file.u16(at + 102));
        size += regular ? 80 * file.u32(at + 96) : 0;
        return Hex.encode(file.bytes(at, (int) size));
    }

    private static long pad(int size) {
        return (size + 7L) & ~7L;
    }

    @Test
    void theBootstrapOfBuilder22IsWrittenAgainByteForByte() {
        byte[] bytes = Golden.bytes("nydus", "bootstrap", "rafs-v6-2.2.boot");
        var original = open(bytes, "rafs-v6-2.2.boot");
        var store = new ChunkStore();
        var tree = new TreeLoader(store, false).load(original, new int[] {0});
        byte[] again =
                new V6Writer(tree, store, original.blobs(), original.chunkSize(), 4096)
                        .write(original.flags(), List.of());
        var left = LittleEndian.of(MemorySegment.ofArray(bytes), "original");
        var right = LittleEndian.of(MemorySegment.ofArray(again), "again");
        // The root's number was 0 then, and blobs began at multiples of 2 MiB in one disk.
        left.putU32(8192 + 4096 + 20, right.u32(8192 + 4096 + 20));
        assertThat(left.u32(1408 + 68)).isEqualTo(512);
        left.putU32(1408 + 68, right.u32(1408 + 68));
        assertThat(Hex.encode(again)).isEqualTo(Hex.encode(bytes));
    }

    @ParameterizedTest
    @CsvSource({
        "blobs, " + V6_BLOB + ", blob-be7d77ee.json",
        "toc, " + TOC_BLOB + ", blob-2fa78cad.json"
    })
    void blobsAreWhatTheTablesSay(String folder, String name, String table) {
        byte[] bytes = Golden.bytes("nydus", folder, name);
        var wanted = expected(table);
        assertThat((long) bytes.length).isEqualTo(number(wanted, "size"));
        var blob = ByteSource.of(name, MemorySegment.ofArray(bytes));
        var sections = BlobSections.walk(blob);
        var wantedSections = wanted.get("sections").items();
        assertThat(sections).hasSameSizeAs(wantedSections);
        for (int i = 0; i < sections.size(); i++) {
            assertThat(sections.get(i))
                    .isEqualTo(
                            new BlobSections.Section(
                                    wantedSections.get(i).get("name").text(),
                                    number(wantedSections.get(i), "offset"),
                                    number(wantedSections.get(i), "size")));
        }
        var toc = Toc.probe(blob).orElseThrow();
        var wantedEntries = wanted.get("toc").items();
        assertThat(toc.entries()).hasSameSizeAs(wantedEntries);
        for (int i = 0; i < wantedEntries.size(); i++) {
            var entry = toc.entries().get(i);
            var want = wantedEntries.get(i);
            assertThat(entry.name()).isEqualTo(want.get("name").text());
            assertThat(Hex.encode(entry.digest())).isEqualTo(want.get("sha256").text());
            assertThat(entry.offset()).isEqualTo(number(want, "offset"));
            assertThat(entry.compressedSize()).isEqualTo(number(want, "stored_size"));
            assertThat(entry.uncompressedSize()).isEqualTo(number(want, "uncompressed_size"));
            if (!entry.name().equals("image.blob")) {
                // Checks the digest.
                assertThat(BlobReader.content(blob, entry)).hasSize((int) entry.uncompressedSize());
            }
        }
        // The digest of image.blob covers its tar header.
        int data = (int) sections.getFirst().size() + 512;
        assertThat(Digest.sha256Of(Arrays.copyOf(bytes, data)).hex())
                .isEqualTo(wantedEntries.getFirst().get("sha256").text());
        var info = info(folder, blob);
        var header =
                BlobMetaHeader.read(
                        MemorySegment.ofArray(bytes),
                        info.meta().offset() + info.meta().compressedSize(),
                        name);
        var wantedHeader = wanted.get("header");
        assertThat(header.features().bits() & 0xffff_ffffL)
                .isEqualTo(number(wantedHeader, "features"));
        assertThat((long) header.entries()).isEqualTo(number(wantedHeader, "entries"));
        assertThat(header.location().offset()).isEqualTo(number(wantedHeader, "off"));
        assertThat(header.location().compressedSize()).isEqualTo(number(wantedHeader, "cs"));
        assertThat(header.location().uncompressedSize()).isEqualTo(number(wantedHeader, "us"));
        var meta = new BlobReader(blob, info).meta();
        var chunks = wanted.get("chunks").items();
        for (int i = 0; i < chunks.size(); i++) {
            assertThat(meta.uncompressedOffset(i))
                    .isEqualTo(number(chunks.get(i), "uncompressed_offset"));
            assertThat((long) meta.uncompressedSize(i))
                    .isEqualTo(number(chunks.get(i), "uncompressed_size"));
            assertThat(meta.compressedOffset(i))
                    .isEqualTo(number(chunks.get(i), "compressed_offset"));
            assertThat((long) meta.compressedSize(i))
                    .isEqualTo(number(chunks.get(i), "compressed_size"));
        }
    }

    private static BlobInfo info(String folder, ByteSource blob) {
        byte[] bootstrap =
                folder.equals("toc")
                        ? BlobReader.inlinedBootstrap(blob)
                        : Golden.bytes("nydus", "bootstrap", "rafs-v6-2.2.boot");
        return open(bootstrap, "boot").blobs().getFirst();
    }

    @Test
    void digestsOfFilesAreThoseOfTheReadme() {
        byte[] blob = Golden.bytes("nydus", "blobs", V6_BLOB);
        assertThat(Digest.sha256Of(blob).hex()).startsWith("4b16fb83").endsWith("55ac");
        // The name is the digest without the array of chunk digests.
        byte[] without = new byte[blob.length - 64];
        System.arraycopy(blob, 0, without, 0, 12954);
        System.arraycopy(blob, 12954 + 64, without, 12954, without.length - 12954);
        assertThat(Digest.sha256Of(without).hex()).isEqualTo(V6_BLOB);
        assertThat(Digest.sha256Of(Golden.bytes("nydus", "toc", TOC_BLOB)).hex())
                .isEqualTo(TOC_BLOB);
    }

    @Test
    void theCompressedBlobDecompressesToTheBlob() throws IOException {
        byte[] stored = Golden.bytes("nydus", "zstd", TOC_BLOB + ".zst");
        assertThat(stored).hasSize(3746);
        try (var in = LayerStreams.open(new ByteArrayInputStream(stored), "zst")) {
            byte[] plain = in.readAllBytes();
            assertThat(plain).hasSize(10034);
            assertThat(Digest.sha256Of(plain).hex()).isEqualTo(TOC_BLOB);
        }
    }

    @Test
    void theSampleOfZlibIsRead() throws IOException {
        byte[] stored = Golden.bytes("nydus", "zran", "zlib_sample.txt.gz");
        try (var in = LayerStreams.open(new ByteArrayInputStream(stored), "sample")) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("This is a test file for zlib.\n");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "zran-single-stream.tar.gz, 10240, 7, 3",
        "zran-two-streams.tar.gz, 40960, 10, 5",
        "bgzip.tar.gz, 5153792, -1, -1"
    })
    void layersHaveAsManyEntriesAsTheReadmeSays(String name, int plainSize, int entries, int files)
            throws IOException {
        byte[] layer = Golden.bytes("nydus", "zran", name);
        try (var in = LayerStreams.open(new ByteArrayInputStream(layer), name)) {
            assertThat(in.readAllBytes()).hasSize(plainSize);
        }
        var image = BuiltImage.ofTar(layer, BuildOptions.defaults().withThreads(2));
        if (files >= 0) {
            assertThat(ImageCheck.check(image.image()).files()).isEqualTo(files);
            // Entries of the archive; the root is one of them or none.
            assertThat(image.paths().size()).isBetween(entries - 1, entries);
        }
    }

    @Test
    void theEmptyTarIsRefused() {
        byte[] tar = Golden.bytes("nydus", "tar", "empty.tar");
        assertThatThrownBy(() -> BuiltImage.ofTar(tar, BuildOptions.defaults()))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("test.tar");
    }

    @Test
    void theOldestFileShowsItsSuperblockAndNoMore() {
        byte[] bytes = Golden.bytes("nydus", "bootstrap", "nydusd_daemon_test_bootstrap");
        assertThat(bytes).hasSize(3527120);
        var image = (V5Bootstrap) open(bytes, "oldest");
        assertThat(image.flags()).isEqualTo(1);
        assertThat(image.superBlock().blobTable()).isEqualTo(75520);
        assertThat(image.superBlock().blobTableSize()).isEqualTo(72);
        assertThat(image.superBlock().extendedEntries()).isZero();
    }

    @Test
    void theRealEstargzLayerIsATarLikeItsTable() {
        byte[] layer = Golden.bytes("nydus", "history", "alpine-stargz.tar.gz");
        var image = BuiltImage.ofTar(layer, BuildOptions.defaults().withThreads(2));
        var found = ImageCheck.check(image.image());
        assertThat(found.symlinks()).isEqualTo(331);
        assertThat(found.files()).isEqualTo(83); // 84 with the landmark
        // 96 directories, and the root.
        assertThat(found.directories()).isEqualTo(97);
    }
}
