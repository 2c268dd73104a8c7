package dev.naiad.codec.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.testkit.SeededRandom;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LayerStreamsTest {
    private final Random random = SeededRandom.create("LayerStreamsTest");

    private static byte[] compress(LayerStreams.Kind kind, byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var stream = LayerStreams.compressing(out, kind, -1)) {
            stream.write(content);
        }
        return out.toByteArray();
    }

    private static byte[] concat(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] read(InputStream in) throws IOException {
        try (InputStream stream = LayerStreams.open(in, "layer")) {
            return stream.readAllBytes();
        }
    }

    /** Gives what it has in small odd pieces, as sockets do. */
    private InputStream trickle(byte[] bytes) {
        return new FilterInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return super.read(target, offset, Math.min(length, 1 + random.nextInt(5000)));
            }
        };
    }

    @ParameterizedTest
    @EnumSource(LayerStreams.Kind.class)
    void contentComesBackWhateverThePieces(LayerStreams.Kind kind) throws IOException {
        for (int size : new int[] {0, 1, 1000, 128 << 10, 1_000_003}) {
            byte[] content = SeededRandom.text(random, size);
            byte[] layer = compress(kind, content);
            assertThat(read(new ByteArrayInputStream(layer))).isEqualTo(content);
            assertThat(read(trickle(layer))).isEqualTo(content);
        }
    }

    @Test
    void membersAndFramesOneAfterTheOtherAreOneLayer() throws IOException {
        byte[] a = SeededRandom.text(random, 200_000);
        byte[] b = SeededRandom.bytes(random, 77_777);
        for (LayerStreams.Kind kind :
                new LayerStreams.Kind[] {LayerStreams.Kind.GZIP, LayerStreams.Kind.ZSTD}) {
            byte[] layer =
                    concat(compress(kind, a), compress(kind, new byte[0]), compress(kind, b));
            assertThat(read(trickle(layer))).isEqualTo(concat(a, b));
        }
    }

    @Test
    void gzipMayEndInZerosAndInNothingElse() throws IOException {
        byte[] content = SeededRandom.text(random, 10_000);
        byte[] layer = compress(LayerStreams.Kind.GZIP, content);
        assertThat(read(new ByteArrayInputStream(Arrays.copyOf(layer, layer.length + 513))))
                .isEqualTo(content);
        assertThatThrownBy(() -> read(new ByteArrayInputStream(concat(layer, new byte[] {0, 1}))))
                .isInstanceOf(CorruptFormatException.class);
        assertThatThrownBy(() -> read(new ByteArrayInputStream(concat(layer, new byte[] {1}))))
                .isInstanceOf(CorruptFormatException.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = LayerStreams.Kind.class,
            names = {"GZIP", "ZSTD"})
    void truncatedLayersAreRefused(LayerStreams.Kind kind) throws IOException {
        byte[] content = SeededRandom.bytes(random, 300_000);
        byte[] layer = compress(kind, content);
        for (int i = 0; i < 50; i++) {
            // The first four bytes decide what it is.
            byte[] cut = Arrays.copyOf(layer, 4 + random.nextInt(layer.length - 4));
            assertThatThrownBy(() -> read(trickle(cut)))
                    .as("cut to %d", cut.length)
                    .isInstanceOf(CorruptFormatException.class)
                    .hasMessageContaining("layer");
        }
    }

    @Test
    void aDamagedGzipLayerIsRefused() throws IOException {
        byte[] content = SeededRandom.text(random, 100_000);
        byte[] layer = compress(LayerStreams.Kind.GZIP, content);
        for (int i = 0; i < 200; i++) {
            byte[] damaged = layer.clone();
            damaged[10 + random.nextInt(layer.length - 10)] ^= (byte) (1 << random.nextInt(8));
            assertThatThrownBy(() -> read(new ByteArrayInputStream(damaged)))
                    .isInstanceOf(CorruptFormatException.class);
        }
    }

    @Test
    void headersWithNameCommentAndExtraAreSkipped() throws IOException {
        byte[] content = SeededRandom.text(random, 1000);
        byte[] plain = compress(LayerStreams.Kind.GZIP, content);
        var header = new ByteArrayOutputStream();
        header.writeBytes(
                new byte[] {0x1f, (byte) 0x8b, 8, 4 | 8 | 16 | 2, 1, 2, 3, 4, 0, 3, 5, 0});
        header.writeBytes(new byte[5]);
        header.writeBytes(new byte[] {'n', 0, 'c', 'c', 0, 9, 9});
        byte[] layer = concat(header.toByteArray(), Arrays.copyOfRange(plain, 10, plain.length));
        assertThat(read(trickle(layer))).isEqualTo(content);
    }

    @Test
    void theJdkReadsOurGzip() throws IOException {
        byte[] content = SeededRandom.text(random, 100_000);
        try (var in =
                new GZIPInputStream(
                        new ByteArrayInputStream(compress(LayerStreams.Kind.GZIP, content)))) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
    }

    @Test
    void aReadErrorOfTheSourceIsNotTakenForCorruption() {
        var broken =
                new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("connection lost");
                    }

                    @Override
                    public int read(byte[] target, int offset, int length) throws IOException {
                        throw new IOException("connection lost");
                    }
                };
        assertThatThrownBy(() -> LayerStreams.open(broken, LayerStreams.Kind.GZIP, "layer").read())
                .isInstanceOf(IOException.class)
                .hasMessage("connection lost");
    }

    @Test
    void thePositionInTheCompressedDataIsKnown() throws IOException {
        byte[] layer = compress(LayerStreams.Kind.GZIP, SeededRandom.text(random, 500_000));
        try (var stream = new GunzipStream(new ByteArrayInputStream(layer), "layer")) {
            stream.readAllBytes();
            assertThat(stream.compressedPosition()).isEqualTo(layer.length);
        }
    }
}
