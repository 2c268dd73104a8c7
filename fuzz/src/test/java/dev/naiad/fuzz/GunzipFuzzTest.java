package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.codec.stream.ContextInflater;
import dev.naiad.codec.stream.GunzipStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;
import org.junit.jupiter.params.provider.MethodSource;

/** Our inflater against the JDK's: the same bytes, or both refuse. */
class GunzipFuzzTest {
    private static final int MOST = 1 << 20;

    static Stream<byte[]> seeds() {
        byte[] text =
                "all work and no play makes a dull file. "
                        .repeat(100)
                        .getBytes(StandardCharsets.UTF_8);
        var plain = SeedCorpus.smallTar();
        return Stream.of(
                deflate(text, Deflater.BEST_COMPRESSION, Deflater.DEFAULT_STRATEGY),
                deflate(plain, Deflater.BEST_SPEED, Deflater.HUFFMAN_ONLY),
                deflate(text, Deflater.DEFAULT_COMPRESSION, Deflater.FILTERED),
                deflate(plain, Deflater.NO_COMPRESSION, Deflater.DEFAULT_STRATEGY),
                gzip(text));
    }

    private static byte[] deflate(byte[] plain, int level, int strategy) {
        try (var deflater = new Deflater(level, true)) {
            deflater.setStrategy(strategy);
            deflater.setInput(plain);
            deflater.finish();
            byte[] target = new byte[plain.length + 1000];
            return Arrays.copyOf(target, deflater.deflate(target));
        }
    }

    private static byte[] gzip(byte[] plain) {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    @MethodSource("seeds")
    @FuzzTest
    void inflate(byte[] bytes) throws IOException {
        try (var stream = new GunzipStream(new ByteArrayInputStream(bytes), "stream")) {
            byte[] target = new byte[8192];
            for (int total = 0, n = 0; n >= 0 && total < MOST; total += n) {
                n = stream.read(target, 0, target.length);
            }
        } catch (IOException | CorruptFormatException e) {
            // Refused by name.
        }
        byte[] expected = withJdk(bytes);
        byte[] found = new byte[expected.length];
        if (expected.length > 0) {
            new ContextInflater()
                    .inflate(
                            MemorySegment.ofArray(bytes),
                            0,
                            0,
                            MemorySegment.ofArray(new byte[0]),
                            MemorySegment.ofArray(found),
                            "raw");
        }
        if (!Arrays.equals(expected, found)) {
            throw new AssertionError("other bytes than the JDK's inflater");
        }
    }

    /** What the JDK makes of raw deflate data before it finds an error or the end. */
    private static byte[] withJdk(byte[] bytes) {
        byte[] target = new byte[64 << 10];
        try (var inflater = new Inflater(true)) {
            inflater.setInput(bytes);
            int done = 0;
            while (done < target.length && !inflater.finished() && !inflater.needsInput()) {
                done += inflater.inflate(target, done, Math.min(512, target.length - done));
            }
            // Of data that breaks off, decoders may hold back different amounts.
            return inflater.finished() ? Arrays.copyOf(target, done) : new byte[0];
        } catch (DataFormatException e) {
            return new byte[0];
        }
    }
}
