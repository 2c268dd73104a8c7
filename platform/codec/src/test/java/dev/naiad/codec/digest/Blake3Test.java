package dev.naiad.codec.digest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.testkit.SeededRandom;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against Apache's implementation; the boundaries are those of the official test vectors. */
final class Blake3Test {
    private static final int[] BOUNDARIES = {
        0, 1, 2, 3, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2047, 2048, 2049, 3072, 3073, 4095,
        4096, 4097, 5120, 5121, 6144, 6145, 7168, 7169, 8191, 8192, 8193, 16384, 31744, 65535,
        65536, 65537, 102400, 131073, 1048576
    };

    private final Random random = SeededRandom.create("Blake3Test");

    private static byte[] expected(byte[] bytes) {
        return org.apache.commons.codec.digest.Blake3.hash(bytes);
    }

    /** The input of the official vectors: 0, 1, … 250, 0, 1, … */
    private static byte[] official(int length) {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i % 251);
        }
        return bytes;
    }

    @Test
    void officialVectors() {
        var hasher = new Blake3();
        assertThat(Hex.encode(hasher.hash(official(0), 0, 0)))
                .isEqualTo("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
        assertThat(Hex.encode(hasher.hash(official(1), 0, 1)))
                .isEqualTo("2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213");
        assertThat(hasher.digest().toString()).startsWith("blake3:af1349b9");
    }

    @Test
    void everyBoundaryLength() {
        var hasher = new Blake3();
        for (int length : BOUNDARIES) {
            byte[] bytes = official(length);
            assertThat(hasher.hash(bytes, 0, length))
                    .as("%d bytes", length)
                    .isEqualTo(expected(bytes));
        }
    }

    @Test
    void randomLengthsUpTo4MiBWhateverThePiecesTheyComeIn() {
        var hasher = new Blake3();
        for (int length : lengths()) {
            byte[] bytes = SeededRandom.bytes(random, length);
            byte[] expected = expected(bytes);
            assertThat(hasher.hash(bytes, 0, length)).as("%d bytes", length).isEqualTo(expected);
            for (int at = 0; at < length; ) {
                int n =
                        Math.min(
                                length - at,
                                1 + random.nextInt(random.nextBoolean() ? 3000 : 200_000));
                hasher.update(bytes, at, n);
                at += n;
            }
            assertThat(hasher.finish()).as("%d bytes in pieces", length).isEqualTo(expected);
        }
    }

    /** Batches of one piece and of many, of all lengths, each against the library. */
    @Test
    void batchesOfPiecesGiveTheSameDigests() {
        var batch = BatchHasher.of(Digest.Algorithm.BLAKE3);
        byte[] bytes = SeededRandom.bytes(random, 3 << 20);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            for (int length : BOUNDARIES) {
                checkBatch(batch, block, bytes, new int[] {5}, new int[] {length});
            }
            checkBatch(batch, block, bytes, offsetsOf(BOUNDARIES), BOUNDARIES);
            for (int round = 0; round < 60; round++) {
                int[] lengths = new int[1 + random.nextInt(200)];
                for (int i = 0; i < lengths.length; i++) {
                    lengths[i] = random.nextInt(random.nextInt(10) == 0 ? 40_000 : 3_000);
                }
                checkBatch(batch, block, bytes, offsetsOf(lengths), lengths);
            }
        }
    }

    private static int[] offsetsOf(int[] lengths) {
        int[] offsets = new int[lengths.length];
        for (int i = 1; i < offsets.length; i++) {
            offsets[i] = offsets[i - 1] + lengths[i - 1] + i % 7;
        }
        return offsets;
    }

    private static void checkBatch(
            BatchHasher batch, MemorySegment block, byte[] bytes, int[] offsets, int[] lengths) {
        byte[] digests = new byte[32 * lengths.length];
        batch.hash(block, offsets, lengths, lengths.length, digests);
        for (int i = 0; i < lengths.length; i++) {
            assertThat(Arrays.copyOfRange(digests, 32 * i, 32 * i + 32))
                    .as("piece %d of %d, %d bytes", i, lengths.length, lengths[i])
                    .isEqualTo(
                            expected(
                                    Arrays.copyOfRange(
                                            bytes, offsets[i], offsets[i] + lengths[i])));
        }
    }

    @Test
    void batchesOfSha256AreDigestsOneByOne() {
        byte[] bytes = SeededRandom.bytes(random, 9000);
        byte[] digests = new byte[64];
        BatchHasher.of(Digest.Algorithm.SHA256)
                .hash(
                        MemorySegment.ofArray(bytes),
                        new int[] {0, 4000},
                        new int[] {4000, 5000},
                        2,
                        digests);
        assertThat(Arrays.copyOfRange(digests, 32, 64))
                .isEqualTo(Hasher.of(Digest.Algorithm.SHA256).hash(bytes, 4000, 5000));
    }

    private List<Integer> lengths() {
        var lengths = new ArrayList<Integer>();
        for (int i = 0; i < 300; i++) {
            lengths.add(random.nextInt(20_000));
        }
        for (int i = 0; i < 5; i++) {
            lengths.add(random.nextInt(4 << 20));
        }
        lengths.add(4 << 20);
        return lengths;
    }

    @Test
    void segmentsOfBothKinds() {
        byte[] bytes = SeededRandom.bytes(random, 300_001);
        var hasher = new Blake3();
        try (Arena arena = Arena.ofConfined()) {
            assertThat(hasher.hash(arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes)))
                    .isEqualTo(expected(bytes));
        }
        MemorySegment slice = MemorySegment.ofArray(bytes).asSlice(7, 200_000).asReadOnly();
        assertThat(hasher.hash(slice)).isEqualTo(expected(Arrays.copyOfRange(bytes, 7, 200_007)));
    }

    @ParameterizedTest
    @EnumSource(Digest.Algorithm.class)
    void hashersAreAsNewAfterEachDigest(Digest.Algorithm algorithm) {
        Hasher hasher = Hasher.of(algorithm);
        byte[] bytes = SeededRandom.bytes(random, 5000);
        byte[] first = hasher.hash(bytes, 0, bytes.length);
        assertThat(first).hasSize(algorithm.bytes());
        hasher.update(bytes, 0, 100);
        assertThat(hasher.hash(MemorySegment.ofArray(bytes))).isEqualTo(first);
        hasher.update(bytes, 0, 2500);
        hasher.update(bytes, 2500, 2500);
        assertThat(hasher.digest()).isEqualTo(Digest.of(algorithm, first));
    }

    @Test
    void crc32cIsTheOneOfIscsi() {
        byte[] digits = "123456789".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        Hasher hasher = Hasher.of(Digest.Algorithm.CRC32C);
        hasher.update(digits);
        assertThat(hasher.digest()).isEqualTo(Digest.parse("crc32c:e3069283"));
    }
}
