package dev.naiad.builder.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.rafs.Compressor;
import dev.naiad.testkit.SeededRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Large arrays, which are compressed into less room than the worst case first. */
final class ChunkCodecTest {
    private static final int SIZE = 17 << 20;

    @Test
    void whatCompressesWellTakesTheSameBytesAsEver() {
        byte[] bytes = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            bytes[i] = (byte) (i / 64 * 31);
        }
        byte[] compressed = ChunkCodec.compress(Compressor.ZSTD, bytes);
        assertThat(compressed.length).isLessThan(SIZE / 3);
        assertThat(Arrays.equals(compressed, Compressor.ZSTD.codec().compress(bytes))).isTrue();
    }

    @Test
    void whatDoesNotFitIntoAThirdIsStillCompressed() {
        byte[] bytes = SeededRandom.bytes(SeededRandom.create("ChunkCodecTest"), SIZE);
        byte[] compressed = ChunkCodec.compress(Compressor.ZSTD, bytes);
        assertThat(compressed.length).isGreaterThan(SIZE / 3);
        byte[] again = Compressor.ZSTD.codec().decompress(compressed, SIZE, "test");
        assertThat(Arrays.equals(again, bytes)).isTrue();
    }
}
