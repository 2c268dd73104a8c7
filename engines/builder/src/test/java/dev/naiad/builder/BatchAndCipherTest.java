package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.BlobKey;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.StoredUnit;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.Contexts;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blobs with batch chunks, with encryption, and with both. */
class BatchAndCipherTest {
    private static final long SEED = Long.getLong("naiad.fuzz.seed", 20261129);
    private static final BlobKey KEY = BlobKey.random(new Random(1619));

    /** Files by name, small ones among large ones, some of them equal. */
    private static Map<String, byte[]> files(long seed) {
        var random = new Random(seed);
        var files = new LinkedHashMap<String, byte[]>();
        for (int i = 0; i < 700; i++) {
            int size =
                    switch (random.nextInt(12)) {
                        case 0 -> 0;
                        case 1 -> 1 + random.nextInt(15);
                        case 2 -> 16 + random.nextInt(4);
                        case 3 -> 30_000 + random.nextInt(90_000);
                        default -> random.nextInt(9000);
                    };
            byte[] content = new byte[size];
            random.nextBytes(content);
            if (random.nextInt(3) > 0) {
                for (int k = 0; k < size; k++) {
                    content[k] &= 7;
                }
            }
            files.put("file-" + i, content);
            if (random.nextInt(10) == 0) {
                files.put("copy-of-" + i, content);
            }
        }
        return files;
    }

    private static byte[] tar(Map<String, byte[]> files) {
        var tar = new TestTar();
        files.forEach(tar::file);
        return tar.end();
    }

    private static BuildOptions options(int batchSize, boolean encrypted) {
        return BuildOptions.defaults()
                .withChunkSize(0x10000)
                .withBatchSize(batchSize)
                .withKey(encrypted ? KEY : null)
                .withThreads(2);
    }

    private static void assertHolds(BuiltImage built, Map<String, byte[]> files, String what) {
        var image = built.image();
        ImageCheck.check(image);
        for (var info : image.blobs()) {
            var source = ByteSource.of("blob", MemorySegment.ofArray(built.blob()));
            var reader = new BlobReader(source, info);
            var chunks = reader.chunks(image.chunks(info.index()));
            files.forEach(
                    (name, content) -> {
                        var inode = built.at("/" + name);
                        var found = new ByteArrayOutputStream();
                        for (int k = 0; k < inode.chunkCount(); k++) {
                            var ref = inode.chunkRef(k);
                            byte[] plain = new byte[ref.size()];
                            assertThat(chunks.hasDigest(ref.chunkIndex())).isTrue();
                            reader.chunk(chunks, ref.chunkIndex(), MemorySegment.ofArray(plain));
                            found.writeBytes(plain);
                        }
                        assertThat(found.toByteArray()).as(what + " " + name).isEqualTo(content);
                    });
        }
    }

    private static BlobMeta meta(BuiltImage built) {
        var info = built.image().blobs().getFirst();
        return new BlobReader(ByteSource.of("blob", MemorySegment.ofArray(built.blob())), info)
                .meta();
    }

    @ParameterizedTest(name = "batch {0}, encrypted {1}, {2}")
    @CsvSource({
        "0, true, ZSTD",
        "0, true, NONE",
        "0, true, LZ4_BLOCK",
        "0x1000, false, ZSTD",
        "0x1000, true, NONE",
        "0x4000, true, ZSTD",
        "0x10000, false, NONE",
        "0x10000, false, LZ4_BLOCK",
        "0x10000, true, LZ4_BLOCK",
        "0x10000, true, ZSTD"
    })
    void everyFileComesBackWhateverTheForm(String batch, boolean encrypted, Compressor compressor) {
        int batchSize = Integer.decode(batch);
        for (long seed = SEED; seed < SEED + 2; seed++) {
            var files = files(seed);
            var options =
                    options(batchSize, encrypted).withCompressor(compressor).withToc(seed % 2 == 0);
            var built = BuiltImage.ofTar(tar(files), options);
            assertHolds(built, files, "seed " + seed);
            var info = built.image().blobs().getFirst();
            assertThat(info.has(BlobFeatures.BATCH)).isEqualTo(batchSize != 0);
            assertThat(info.has(BlobFeatures.ENCRYPTED)).isEqualTo(encrypted);
            assertThat(info.cipher()).isEqualTo(encrypted ? Cipher.AES_128_XTS : Cipher.NONE);
            assertThat(
                            built.image().flags()
                                    & (SuperFlags.ENCRYPTION_AES_128_XTS
                                            | SuperFlags.ENCRYPTION_NONE))
                    .isEqualTo(
                            encrypted
                                    ? SuperFlags.ENCRYPTION_AES_128_XTS
                                    : SuperFlags.ENCRYPTION_NONE);
        }
    }

    @Test
    void theNumberOfThreadsDoesNotChangeAByte() {
        byte[] tar = tar(files(SEED));
        for (int batchSize : new int[] {0x1000, 0x10000}) {
            byte[] wanted = null;
            for (int threads : new int[] {1, 2, 5, 8}) {
                var built = BuiltImage.ofTar(tar, options(batchSize, true).withThreads(threads));
                if (wanted == null) {
                    wanted = built.blob();
                }
                assertThat(Arrays.equals(built.blob(), wanted))
                        .as("batch size %d, %d threads", batchSize, threads)
                        .isTrue();
            }
        }
    }

    @Test
    void largeFilesDoNotInterruptABatch() {
        var files = new LinkedHashMap<String, byte[]>();
        var random = new Random(SEED);
        for (int i = 0; i < 40; i++) {
            byte[] small = new byte[1000];
            random.nextBytes(small);
            files.put("small-" + i, small);
            byte[] large = new byte[40_000];
            random.nextBytes(large);
            files.put("large-" + i, large);
        }
        var built = BuiltImage.ofTar(tar(files), options(0x10000, false));
        assertHolds(built, files, "alternating");
        var meta = meta(built);
        assertThat(meta.contexts().count()).isEqualTo(1);
        assertThat(meta.contexts().batch(0).plainSize()).isEqualTo(40_000);
        // Read by position in the blob, chunks are in ascending order.
        for (int i = 1; i < meta.count(); i++) {
            assertThat(meta.compressedOffset(i))
                    .isGreaterThanOrEqualTo(meta.compressedOffset(i - 1));
            assertThat(meta.uncompressedOffset(i)).isGreaterThan(meta.uncompressedOffset(i - 1));
        }
    }

    @Test
    void batchesHoldSmallFilesOnlyAndStayBelowTheirSize() {
        var built = BuiltImage.ofTar(tar(files(SEED)), options(0x4000, false));
        var meta = meta(built);
        int batched = 0;
        for (int i = 0; i < meta.count(); i++) {
            if (meta.isBatch(i)) {
                batched++;
                assertThat(meta.uncompressedSize(i)).isLessThan(0x2000);
                assertThat(meta.compressedSize(i)).isZero();
                assertThat(meta.unit(i).plainSize()).isLessThan(0x4000);
                // compat: the original's bootstraps say nothing about the place of members.
                var record = built.image().chunks(0);
                assertThat(record.compressedOffset(i)).isZero();
                assertThat(record.compressedSize(i)).isZero();
                assertThat(record.isBatch(i)).isFalse();
                assertThat(record.hasCrc(i)).isTrue();
            } else {
                assertThat(meta.unit(i)).isInstanceOf(StoredUnit.Single.class);
            }
        }
        assertThat(batched).isGreaterThan(300);
    }

    @Test
    void theBlobShowsNothingOfAnEncryptedFile() {
        byte[] text = "a secret that is easily seen. ".repeat(300).getBytes(StandardCharsets.UTF_8);
        for (int batch : new int[] {0, 0x10000}) {
            var files = new LinkedHashMap<String, byte[]>();
            files.put("one", text);
            files.put("two", Arrays.copyOf(text, 500));
            var built =
                    BuiltImage.ofTar(
                            tar(files), options(batch, true).withCompressor(Compressor.NONE));
            assertThat(new String(built.blob(), StandardCharsets.ISO_8859_1))
                    .doesNotContain("secret");
            assertHolds(built, files, "text");
        }
    }

    @Test
    void everyBuildWithoutAKeyOfItsOwnGetsAnother() {
        var one = BlobKey.random(new Random(1));
        assertThat(one.key()).isNotEqualTo(BlobKey.random(new Random(2)).key());
        assertThat(Arrays.copyOf(one.key(), 16))
                .isNotEqualTo(Arrays.copyOfRange(one.key(), 16, 32));
        assertThat(one.toString()).isEqualTo("[redacted]");
    }

    @Test
    void aWrongKeyIsNoticed() {
        var files = files(SEED);
        var built = BuiltImage.ofTar(tar(files), options(0, true));
        var info = built.image().blobs().getFirst();
        byte[] bootstrap = built.bootstrap().clone();
        int at = indexOf(bootstrap, info.cipherKey());
        bootstrap[at] ^= 1;
        var image = BootstrapReader.open(MemorySegment.ofArray(bootstrap), "boot");
        var reader =
                new BlobReader(
                        ByteSource.of("blob", MemorySegment.ofArray(built.blob())),
                        image.blobs().getFirst());
        assertThatThrownBy(reader::meta)
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("blob");
        var chunks = image.chunks(0);
        assertThatThrownBy(
                        () ->
                                reader.chunk(
                                        chunks,
                                        0,
                                        MemorySegment.ofArray(
                                                new byte[chunks.uncompressedSize(0)])))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("chunk 0");
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int i = 0; i + wanted.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new AssertionError("the bootstrap does not hold the key");
    }

    @Test
    void damagedContextsGiveNamedErrors() {
        var few = new LinkedHashMap<String, byte[]>();
        files(SEED).entrySet().stream()
                .limit(60)
                .forEach(file -> few.put(file.getKey(), file.getValue()));
        var built =
                BuiltImage.ofTar(tar(few), options(0x4000, false).withCompressor(Compressor.NONE));
        var info = built.image().blobs().getFirst();
        byte[] good = built.blob();
        int table = (int) info.meta().offset() + info.chunkCount() * 24;
        int end = (int) (info.meta().offset() + info.meta().compressedSize());
        assertThat((end - table) % Contexts.SIZE).isZero();
        var random = new Random(SEED);
        int refused = 0;
        for (int round = 0; round < 400; round++) {
            byte[] bad = good.clone();
            // Records, contexts and header in turn.
            int from = round % 2 == 0 ? table : (int) info.meta().offset();
            int to = round % 3 == 0 ? bad.length : end;
            for (int i = random.nextInt(3); i >= 0; i--) {
                bad[from + random.nextInt(to - from)] = (byte) random.nextInt();
            }
            try {
                var reader =
                        new BlobReader(ByteSource.of("blob", MemorySegment.ofArray(bad)), info);
                var chunks = reader.chunks(built.image().chunks(0));
                for (int i = 0; i < chunks.count(); i++) {
                    reader.chunk(
                            chunks, i, MemorySegment.ofArray(new byte[chunks.uncompressedSize(i)]));
                }
            } catch (NaiadException e) {
                assertThat(e.kind()).isEqualTo(ErrorKind.DATA_LOSS);
                assertThat(e.getMessage()).contains("blob");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(100);
    }

    @Test
    void mergedLayersKeepTheirKeysAndBatches() {
        var lower = new LinkedHashMap<String, byte[]>();
        var upper = new LinkedHashMap<String, byte[]>();
        files(SEED).forEach((name, content) -> lower.put("lower-" + name, content));
        files(SEED + 9).forEach((name, content) -> upper.put("upper-" + name, content));
        var one = BuiltImage.ofTar(tar(lower), options(0x4000, true).withInlineBootstrap(true));
        var two =
                BuiltImage.ofTar(
                        tar(upper),
                        options(0, false)
                                .withKey(BlobKey.random(new Random(5)))
                                .withInlineBootstrap(true));
        var three = BuiltImage.ofTar(tar(Map.of("plain", new byte[5000])), options(0, false));
        var layers = List.of(layer(one), layer(two), layer(three));
        var merged = ImageMerger.merge(layers, MergeOptions.defaults());
        var image = BootstrapReader.open(MemorySegment.ofArray(merged.bootstrap()), "merged");
        assertThat(image.flags() & SuperFlags.ENCRYPTION_AES_128_XTS).isNotZero();
        var blobs =
                Map.of(
                        one.layer().digest().hex(), one.blob(),
                        two.layer().digest().hex(), two.blob(),
                        three.layer().digest().hex(), three.blob());
        var unpacked = new ByteArrayOutputStream();
        ImageUnpacker.unpack(
                image,
                info ->
                        ByteSource.of(
                                info.id(),
                                MemorySegment.ofArray(
                                        Objects.requireNonNull(blobs.get(info.id())))),
                unpacked,
                "out");
        var again = BuiltImage.ofTar(unpacked.toByteArray(), options(0, false));
        assertHolds(again, lower, "lower");
        assertHolds(again, upper, "upper");
    }

    private static LayerBootstrap layer(BuiltImage built) {
        return LayerBootstrap.of(
                built.layer().digest().hex(), MemorySegment.ofArray(built.bootstrap()));
    }

    @Test
    void anImageOfBatchesIsAParentAndADictionary() {
        var files = files(SEED);
        var below = BuiltImage.ofTar(tar(files), options(0x4000, true));
        var more = new LinkedHashMap<>(files);
        more.put("another", "something new".repeat(40).getBytes(StandardCharsets.UTF_8));
        for (var known :
                List.of(
                        new KnownImages(null, below.image()),
                        new KnownImages(below.image(), null))) {
            var blob = new ByteArrayOutputStream();
            var layer =
                    LayerBuilder.fromTar(
                            "more.tar",
                            Channels.newChannel(new ByteArrayInputStream(tar(more))),
                            options(0x4000, false),
                            known,
                            Channels.newChannel(blob));
            var image = BootstrapReader.open(MemorySegment.ofArray(layer.bootstrap()), "more");
            assertThat(image.blobs()).hasSize(2);
            assertThat(layer.statistics().uncompressedSize()).isLessThan(8192);
            var blobs =
                    Map.of(
                            layer.digest().hex(), blob.toByteArray(),
                            below.image().blobs().getFirst().id(), below.blob());
            var unpacked = new ByteArrayOutputStream();
            ImageUnpacker.unpack(
                    image,
                    info ->
                            ByteSource.of(
                                    info.id(),
                                    MemorySegment.ofArray(
                                            Objects.requireNonNull(blobs.get(info.id())))),
                    unpacked,
                    "out");
            assertHolds(BuiltImage.ofTar(unpacked.toByteArray(), options(0, false)), more, "again");
        }
    }

    @Test
    void optionsThatDoNotFitAreRefused() {
        var v5 = BuildOptions.defaults().withVersion(RafsVersion.V5);
        assertThatThrownBy(() -> v5.withKey(KEY))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("encryption needs --fs-version 6");
        assertThatThrownBy(() -> v5.withBatchSize(0x1000))
                .hasMessageContaining("batch size needs --fs-version 6");
        for (int bad : new int[] {1, 0x800, 0x3000, 0x200000}) {
            assertThatThrownBy(() -> BuildOptions.defaults().withBatchSize(bad))
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining("batch size 0x" + Integer.toHexString(bad));
        }
    }
}
