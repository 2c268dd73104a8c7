package dev.naiad.layers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockGzipTest {
    private static final int BLOCK = BlockGzip.BLOCK_BYTES;

    /** Half of it can be compressed, half cannot, in arrays of odd sizes. */
    private static Parts parts(int size) {
        var random = new Random(size);
        byte[] bytes = new byte[size];
        for (int at = 0; at < size; at += 128) {
            byte[] noise = new byte[64];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, bytes, at, Math.min(64, size - at));
        }
        var parts = new Parts();
        for (int at = 0; at < size; ) {
            int count = Math.min(size - at, 1 + random.nextInt(3 * BLOCK / 2));
            parts.write(bytes, at, count);
            at += count;
        }
        return parts;
    }

    private static byte[] whole(Parts parts) {
        byte[] bytes = new byte[parts.size()];
        parts.copy(0, bytes, bytes.length);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 12345})
    void oneMemberHoldsAllBlocks(int size) throws Exception {
        var parts = parts(size);
        byte[] gzip = BlockGzip.pack(parts, 3);
        var inflater = new Inflater(true);
        inflater.setInput(gzip, 10, gzip.length - 10);
        byte[] plain = new byte[size + 1];
        int count = 0;
        while (!inflater.finished()) {
            int got = inflater.inflate(plain, count, plain.length - count);
            assertThat(got > 0 || inflater.finished()).isTrue();
            count += got;
        }
        assertThat(count).isEqualTo(size);
        byte[] wanted = whole(parts);
        assertThat(Arrays.equals(plain, 0, count, wanted, 0, size)).isTrue();
        assertThat(inflater.getRemaining()).as("the trailer").isEqualTo(8);
        var crc = new CRC32();
        crc.update(wanted);
        assertThat(u32(gzip, gzip.length - 8)).isEqualTo(crc.getValue());
        assertThat(u32(gzip, gzip.length - 4)).isEqualTo(size);
        inflater.end();
    }

    @Test
    void theNumberOfThreadsChangesNoByte() {
        var parts = parts(7 * BLOCK + 77);
        byte[] alone = BlockGzip.pack(parts, 1);
        assertThat(BlockGzip.pack(parts, 2)).isEqualTo(alone);
        assertThat(BlockGzip.pack(parts, 8)).isEqualTo(alone);
    }

    @Test
    void ourOwnReaderTakesIt() throws IOException {
        var parts = parts(2 * BLOCK + 5);
        var gzip = new ByteArrayInputStream(BlockGzip.pack(parts, 2));
        try (var tar = LayerSource.of("blocks", gzip).open()) {
            assertThat(Arrays.equals(tar.readAllBytes(), whole(parts))).isTrue();
        }
    }

    @Test
    void bytesThatCannotBeCompressedFit() throws IOException {
        byte[] noise = new byte[2 * BLOCK + 1];
        new Random(1).nextBytes(noise);
        var parts = new Parts();
        parts.write(noise);
        byte[] gzip = BlockGzip.pack(parts, 2);
        try (var tar = LayerSource.of("noise", new ByteArrayInputStream(gzip)).open()) {
            assertThat(Arrays.equals(tar.readAllBytes(), noise)).isTrue();
        }
    }

    private static long u32(byte[] bytes, int at) {
        return (bytes[at] & 0xffL)
                | (bytes[at + 1] & 0xffL) << 8
                | (bytes[at + 2] & 0xffL) << 16
                | (bytes[at + 3] & 0xffL) << 24;
    }
}
