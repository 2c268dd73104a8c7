package dev.naiad.codec.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.CorruptFormatException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

final class GzipBlockCodecTest extends BlockCodecContract {
    private final BlockCodec codec = BlockCodecs.of(Compression.GZIP);

    @Override
    BlockCodec codec() {
        return codec;
    }

    @Test
    void theJdkReadsWhatWeWriteAndTheOtherWayRound() throws Exception {
        byte[] sample = "some words, some words, some words".getBytes(StandardCharsets.UTF_8);
        try (var in = new GZIPInputStream(new ByteArrayInputStream(codec.compress(sample)))) {
            assertThat(in.readAllBytes()).isEqualTo(sample);
        }
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(sample);
        }
        assertThat(codec.decompress(out.toByteArray(), sample.length, "block")).isEqualTo(sample);
    }

    @Test
    void aWrongChecksumIsRefused() {
        byte[] sample = new byte[1000];
        byte[] compressed = codec.compress(sample);
        compressed[compressed.length - 5] ^= 1;
        assertThatThrownBy(() -> codec.decompress(compressed, 1000, "block"))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("checksum");
    }
}
