package dev.naiad.codec.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.SeededRandom;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against the JDK's zlib: what it accepts we accept, with the same bytes; what it refuses we
 * refuse.
 */
final class InflateTest {
    private final Random random = SeededRandom.create("InflateTest");

    /** What came out, or that it was refused. */
    private record Result(boolean refused, int used, String content) {}

    private static Result result(boolean refused, int used, byte[] content) {
        return new Result(
                refused,
                refused ? -1 : used,
                refused ? "" : new String(content, java.nio.charset.StandardCharsets.ISO_8859_1));
    }

    private static Result zlib(byte[] data) {
        var inflater = new Inflater(true);
        try {
            inflater.setInput(data);
            var out = new ByteArrayOutputStream();
            var buffer = new byte[64 << 10];
            while (!inflater.finished()) {
                int n = inflater.inflate(buffer);
                out.write(buffer, 0, n);
                if (n == 0
                        && !inflater.finished()
                        && (inflater.needsInput() || inflater.needsDictionary())) {
                    return result(true, 0, buffer);
                }
            }
            return result(false, (int) inflater.getBytesRead(), out.toByteArray());
        } catch (DataFormatException e) {
            return result(true, 0, new byte[0]);
        } finally {
            inflater.end();
        }
    }

    /** Feeds pieces of random size, as a stream does. */
    private Result ours(byte[] data, int maxPiece) {
        return ours(data, maxPiece, false);
    }

    /** With {@code pieces}, asks for a random number of bytes each time, and must get them. */
    private Result ours(byte[] data, int maxPiece, boolean pieces) {
        var buffer = new byte[Math.max(2 * maxPiece, 4096) + Inflate.PADDING];
        var inflate = new Inflate(buffer);
        inflate.reset();
        var out = new ByteArrayOutputStream();
        int fed = 0;
        int start = 0;
        int end = 0;
        try {
            while (true) {
                System.arraycopy(buffer, start, buffer, 0, end - start);
                end -= start;
                start = 0;
                int piece =
                        Math.min(
                                data.length - fed,
                                Math.min(
                                        buffer.length - Inflate.PADDING - end,
                                        1 + random.nextInt(maxPiece)));
                System.arraycopy(data, fed, buffer, end, piece);
                fed += piece;
                end += piece;
                inflate.input(start, end, fed == data.length);
                int most = pieces ? 1 + random.nextInt(random.nextInt(100_000) + 1) : 1 << 30;
                InflateStop stop = inflate.run(most);
                assertThat(inflate.out.end - inflate.out.start).isLessThanOrEqualTo(most);
                if (stop == InflateStop.OUTPUT && pieces) {
                    assertThat(inflate.out.end - inflate.out.start).isEqualTo(most);
                }
                out.write(
                        inflate.out.bytes, inflate.out.start, inflate.out.end - inflate.out.start);
                start = inflate.inputPosition();
                if (stop == InflateStop.END) {
                    return result(false, fed - (end - start), out.toByteArray());
                }
            }
        } catch (DeflateDataException e) {
            return result(true, 0, new byte[0]);
        }
    }

    private static byte[] deflate(byte[] content, int level, int strategy) {
        var deflater = new Deflater(level, true);
        deflater.setStrategy(strategy);
        deflater.setInput(content);
        deflater.finish();
        var out = new ByteArrayOutputStream();
        var buffer = new byte[64 << 10];
        while (!deflater.finished()) {
            out.write(buffer, 0, deflater.deflate(buffer));
        }
        deflater.end();
        return out.toByteArray();
    }

    private byte[] content(int size) {
        return switch (random.nextInt(5)) {
            case 0 -> SeededRandom.bytes(random, size);
            case 1 -> new byte[size];
            case 2 -> periodic(size);
            default -> SeededRandom.text(random, size);
        };
    }

    /** Matches at every distance below some dozens, which overlap themselves. */
    private byte[] periodic(int size) {
        byte[] period = SeededRandom.bytes(random, 1 + random.nextInt(40));
        var bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = period[i % period.length];
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {Deflater.DEFAULT_STRATEGY, Deflater.HUFFMAN_ONLY, Deflater.FILTERED})
    void whatZlibDeflatesComesBackAtEveryLevelAndPieceSize(int strategy) {
        for (int level = 0; level <= 9; level++) {
            for (int size : new int[] {0, 1, 100, 70_000, 600_000 + random.nextInt(1000)}) {
                byte[] content = content(size);
                byte[] data = deflate(content, level, strategy);
                Result expected = result(false, data.length, content);
                assertThat(ours(data, 5000).equals(expected))
                        .as("level %d, %d bytes", level, size)
                        .isTrue();
                assertThat(ours(data, 200_000).equals(expected))
                        .as("level %d, %d bytes", level, size)
                        .isTrue();
            }
        }
    }

    /** Literals of every frequency, so that codes are long, and matches from all distances. */
    private byte[] skewed(int size) {
        var bytes = new byte[size];
        for (int at = 0; at < size; ) {
            if (at > 0 && random.nextInt(4) == 0) {
                int back = 1 + random.nextInt(Math.min(at, 1 << (1 + random.nextInt(15))));
                int length = Math.min(size - at, 3 + random.nextInt(1 + random.nextInt(300)));
                for (int end = at + length; at < end; at++) {
                    bytes[at] = bytes[at - back];
                }
            } else {
                bytes[at++] = (byte) Long.numberOfTrailingZeros(random.nextLong() | 1L << 40);
                if (random.nextInt(100) == 0) {
                    bytes[at - 1] = (byte) random.nextInt();
                }
            }
        }
        return bytes;
    }

    @Test
    void longCodesAndAllDistancesComeBackInPiecesOfAnySize() {
        for (int i = 0; i < 60; i++) {
            byte[] content = skewed(1 + random.nextInt(400_000));
            byte[] data = deflate(content, 1 + random.nextInt(9), Deflater.DEFAULT_STRATEGY);
            Result expected = result(false, data.length, content);
            boolean whole = ours(data, 70_000, false).equals(expected);
            boolean inPieces = ours(data, 70_000, true).equals(expected);
            assertThat(whole && inPieces).as("round %d", i).isTrue();
        }
    }

    @Test
    void matchesOfEveryLengthAtEveryShortDistanceComeBack() {
        for (int back = 1; back <= 40; back++) {
            byte[] content = new byte[260 * 261];
            int at = 0;
            for (int length = 3; length <= 258; length++) {
                byte[] start = SeededRandom.bytes(random, back);
                for (int i = 0; i < back + length && at < content.length; i++) {
                    content[at++] = start[i % back];
                }
            }
            content = Arrays.copyOf(content, at);
            byte[] data = deflate(content, 9, Deflater.DEFAULT_STRATEGY);
            assertThat(ours(data, 70_000).equals(result(false, data.length, content)))
                    .as("distance %d", back)
                    .isTrue();
        }
    }

    @Test
    void theEndIsFoundBeforeWhatFollows() {
        for (int i = 0; i < 200; i++) {
            byte[] data =
                    deflate(
                            content(random.nextInt(5000)),
                            random.nextInt(10),
                            Deflater.DEFAULT_STRATEGY);
            byte[] more = Arrays.copyOf(data, data.length + 1 + random.nextInt(100));
            random.nextBytes(more);
            System.arraycopy(data, 0, more, 0, data.length);
            assertThat(ours(more, 3000))
                    .isEqualTo(zlib(more))
                    .satisfies(r -> assertThat(r.used()).isEqualTo(data.length));
        }
    }

    @Test
    void damageIsJudgedAsZlibJudgesIt() {
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] data =
                    deflate(
                            content(1 + random.nextInt(3000)),
                            random.nextInt(10),
                            Deflater.DEFAULT_STRATEGY);
            // Damage at the front hits the codes.
            int span = random.nextBoolean() ? Math.min(data.length, 80) : data.length;
            for (int k = 0; k <= random.nextInt(3); k++) {
                data[random.nextInt(span)] ^= (byte) (1 << random.nextInt(8));
            }
            if (random.nextInt(4) == 0) {
                data = Arrays.copyOf(data, random.nextInt(data.length));
            }
            Result expected = zlib(data);
            assertThat(ours(data, 2000)).isEqualTo(expected);
            refused += expected.refused() ? 1 : 0;
        }
        assertThat(refused).isBetween(200, 1995);
    }

    @Test
    void noiseIsJudgedAsZlibJudgesIt() {
        for (int i = 0; i < 5000; i++) {
            byte[] data = SeededRandom.bytes(random, 1 + random.nextInt(200));
            // Most noise with a dynamic header is refused early; favour it nevertheless.
            data[0] = (byte) ((data[0] & 0xf8) | (random.nextInt(4) << 1) | random.nextInt(2));
            assertThat(ours(data, 300)).isEqualTo(zlib(data));
        }
    }
}
