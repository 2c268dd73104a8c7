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
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tracking streams and what decodes from the places they tell. */
final class ContextInflaterTest {
    private final Random random = SeededRandom.create("ContextInflaterTest");

    /** Where a stream was after some bytes. */
    private record Place(
            long plain,
            long compressed,
            long member,
            long blockPlain,
            long blockCompressed,
            int bits,
            int previous,
            String window) {}

    /**
     * A member of several blocks: levels change, and flushes put empty stored blocks in between.
     */
    private byte[] member(byte[] content) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3});
        try (var deflater = new Deflater(6, true)) {
            int at = 0;
            var buffer = new byte[64 << 10];
            while (at < content.length) {
                int piece = Math.min(content.length - at, 1 + random.nextInt(90_000));
                deflater.setLevel(random.nextInt(10));
                deflater.setStrategy(
                        random.nextInt(4) == 0 ? Deflater.HUFFMAN_ONLY : Deflater.DEFAULT_STRATEGY);
                deflater.setInput(content, at, piece);
                at += piece;
                while (!deflater.needsInput()) {
                    out.write(buffer, 0, deflater.deflate(buffer));
                }
                if (random.nextBoolean()) {
                    out.write(
                            buffer,
                            0,
                            deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH));
                }
            }
            deflater.finish();
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
        }
        var crc = new java.util.zip.CRC32();
        crc.update(content);
        for (long value : new long[] {crc.getValue(), content.length}) {
            for (int i = 0; i < 4; i++) {
                out.write((int) (value >>> (8 * i)));
            }
        }
        return out.toByteArray();
    }

    private byte[] content(int size) {
        byte[] content = SeededRandom.text(random, size);
        // Stretches that do not compress become stored blocks.
        for (int k = 0; k < 3; k++) {
            int length = Math.min(size, random.nextInt(100_000) + 1);
            byte[] noise = new byte[length];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, content, random.nextInt(size - length + 1), length);
        }
        int zeros = Math.min(size, random.nextInt(200_000) + 1);
        int from = random.nextInt(size - zeros + 1);
        Arrays.fill(content, from, from + zeros, (byte) 0);
        return content;
    }

    private InputStream trickle(byte[] bytes, int most) {
        return new FilterInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return super.read(target, offset, Math.min(length, 1 + random.nextInt(most)));
            }
        };
    }

    private List<Place> places(byte[] stored, int[] stops, int piece, ByteArrayOutputStream plain)
            throws IOException {
        var places = new ArrayList<Place>();
        try (var stream = GunzipStream.tracking(trickle(stored, piece), "layer")) {
            long at = 0;
            for (int stop : stops) {
                while (at < stop) {
                    byte[] buffer = new byte[Math.min(stop - (int) at, 1 + random.nextInt(piece))];
                    int n = stream.read(buffer, 0, buffer.length);
                    assertThat(n).isPositive();
                    plain.write(buffer, 0, n);
                    at += n;
                }
                stream.settle();
                var block = stream.lastBlock();
                places.add(
                        new Place(
                                stream.plainPosition(),
                                stream.compressedPosition(),
                                stream.member(),
                                block.plainOffset(),
                                block.compressedOffset(),
                                block.pendingBits(),
                                block.previousByte(),
                                Arrays.hashCode(block.window()) + "/" + block.window().length));
            }
            plain.writeBytes(stream.readAllBytes());
        }
        return places;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void placesDoNotDependOnTheSizesOfReads(int members) throws IOException {
        var whole = new ByteArrayOutputStream();
        var stored = new ByteArrayOutputStream();
        for (int m = 0; m < members; m++) {
            byte[] content = content(1 + random.nextInt(900_000));
            whole.writeBytes(content);
            stored.writeBytes(member(content));
        }
        int[] stops = random.ints(60, 0, whole.size() + 1).sorted().toArray();
        var first = new ByteArrayOutputStream();
        var expected = places(stored.toByteArray(), stops, 1 << 20, first);
        assertThat(first.toByteArray()).isEqualTo(whole.toByteArray());
        for (int piece : new int[] {7, 700, 70_000}) {
            var plain = new ByteArrayOutputStream();
            assertThat(places(stored.toByteArray(), stops, piece, plain)).isEqualTo(expected);
            assertThat(plain.toByteArray()).isEqualTo(whole.toByteArray());
        }
    }

    @Test
    void everyPlaceIsReachedFromTheBlockBeforeIt() throws IOException {
        for (int round = 0; round < 6; round++) {
            byte[] one = content(1 + random.nextInt(1_500_000));
            byte[] two = content(1 + random.nextInt(300_000));
            byte[] whole = Arrays.copyOf(one, one.length + two.length);
            System.arraycopy(two, 0, whole, one.length, two.length);
            var stored = new ByteArrayOutputStream();
            stored.writeBytes(member(one));
            stored.writeBytes(member(new byte[0]));
            stored.writeBytes(member(two));
            byte[] gzip = stored.toByteArray();
            var inflater = new ContextInflater();
            try (var stream = GunzipStream.tracking(new ByteArrayInputStream(gzip), "layer")) {
                long at = 0;
                while (at < whole.length) {
                    stream.settle();
                    var block = stream.lastBlock();
                    int length = (int) Math.min(1 + random.nextInt(150_000), whole.length - at);
                    byte[] skipped = stream.readNBytes(length);
                    assertThat(skipped).hasSize(length);
                    at += length;
                    // The context ends at the stream's position: not one more byte is needed.
                    byte[] span =
                            Arrays.copyOfRange(
                                    gzip,
                                    (int) block.compressedOffset(),
                                    (int) stream.compressedPosition());
                    byte[] plain = new byte[(int) (at - block.plainOffset())];
                    inflater.inflate(
                            MemorySegment.ofArray(span),
                            block.previousByte(),
                            block.pendingBits(),
                            MemorySegment.ofArray(block.window()),
                            MemorySegment.ofArray(plain),
                            "context");
                    assertThat(plain)
                            .isEqualTo(
                                    Arrays.copyOfRange(whole, (int) block.plainOffset(), (int) at));
                }
            }
        }
    }

    @Test
    void positionsInsideABlockAreThoseOfZlib() throws IOException, DataFormatException {
        byte[] content = SeededRandom.text(random, 12_000);
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        byte[] stored = out.toByteArray();
        for (int round = 0; round < 200; round++) {
            int length = 1 + random.nextInt(content.length - 1);
            try (var stream = GunzipStream.tracking(new ByteArrayInputStream(stored), "layer");
                    var zlib = new Inflater(true)) {
                assertThat(stream.readNBytes(length)).hasSize(length);
                zlib.setInput(stored, 10, stored.length - 10);
                assertThat(zlib.inflate(new byte[length])).isEqualTo(length);
                assertThat(stream.compressedPosition()).isEqualTo(10 + zlib.getBytesRead());
            }
        }
    }

    @Test
    void damagedContextsAreRefusedOrGiveWrongBytesButEnd() {
        byte[] content = content(400_000);
        byte[] gzip = member(content);
        var inflater = new ContextInflater();
        byte[] plain = new byte[content.length];
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            byte[] span = Arrays.copyOfRange(gzip, 10, gzip.length - random.nextInt(1000));
            for (int k = 0; k < 3; k++) {
                span[random.nextInt(span.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                inflater.inflate(
                        MemorySegment.ofArray(span),
                        random.nextInt(256),
                        random.nextInt(8),
                        MemorySegment.ofArray(new byte[random.nextInt(32769)]),
                        MemorySegment.ofArray(plain),
                        "context");
            } catch (CorruptFormatException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(100);
    }

    @Test
    void aSpanThatIsTooShortIsRefused() {
        byte[] content = SeededRandom.text(random, 100_000);
        byte[] gzip = member(content);
        var span = MemorySegment.ofArray(gzip).asSlice(10, gzip.length / 2);
        var plain = MemorySegment.ofArray(new byte[content.length]);
        assertThatThrownBy(
                        () ->
                                new ContextInflater()
                                        .inflate(
                                                span, 0, 0, MemorySegment.NULL, plain, "context 7"))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("context 7");
    }

    @Test
    void theNextMemberMustBeOne() {
        byte[] gzip = member(SeededRandom.text(random, 1000));
        var plain = MemorySegment.ofArray(new byte[1001]);
        for (int more : new int[] {0, 30}) {
            var span = MemorySegment.ofArray(Arrays.copyOf(gzip, gzip.length + more)).asSlice(10);
            assertThatThrownBy(
                            () ->
                                    new ContextInflater()
                                            .inflate(span, 0, 0, MemorySegment.NULL, plain, "c"))
                    .isInstanceOf(CorruptFormatException.class);
        }
    }
}
