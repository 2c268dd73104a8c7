package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.snapshotter.bolt.BoltBucket;
import dev.naiad.snapshotter.bolt.BoltFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** bbolt databases, read to the last bucket, then written to. */
class BoltFuzzTest {
    private static final int BUCKETS = 100;
    private static final int DEPTH = 10;

    static Stream<byte[]> seeds() throws IOException {
        Path file = Files.createTempFile(Path.of("/tmp"), "nd-fuzz", ".db");
        try {
            Files.delete(file);
            try (var bolt = BoltFile.open(file, Duration.ZERO)) {
                bolt.write(
                        root -> {
                            var bucket = root.createBucket(bytes("v1"));
                            for (int i = 0; i < 200; i++) {
                                bucket.put(bytes("key" + i), bytes("value".repeat(i % 9)));
                            }
                            bucket.createBucket(bytes("inner")).put(bytes("k"), bytes("v"));
                            return bucket.nextSequence();
                        });
            }
            return Stream.of(Files.readAllBytes(file));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @MethodSource("seeds")
    @FuzzTest
    void open(byte[] bytes) throws IOException {
        Path file = Files.createTempFile(Path.of("/tmp"), "nd-fuzz", ".db");
        try {
            Files.write(file, bytes);
            Named.errorsOnly(
                    () -> {
                        try (var bolt = BoltFile.open(file, Duration.ZERO)) {
                            int[] left = {BUCKETS};
                            Named.errorsOnly(() -> bolt.read(root -> scan(root, left, DEPTH)));
                            bolt.write(
                                    root -> {
                                        root.createBucketIfAbsent(bytes("new"))
                                                .put(bytes("k"), bytes("v"));
                                        return 0;
                                    });
                        }
                    });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            Files.delete(file);
        }
    }

    private static int scan(BoltBucket bucket, int[] left, int depth) {
        int[] values = {5000};
        bucket.scan(new byte[0], (key, value) -> values[0]-- > 0);
        bucket.scanBuckets(
                (name, inner) -> {
                    if (left[0]-- > 0 && depth > 0) {
                        scan(inner, left, depth - 1);
                    }
                    return left[0] > 0;
                });
        return 0;
    }
}
