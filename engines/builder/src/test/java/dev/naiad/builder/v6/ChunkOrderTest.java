package dev.naiad.builder.v6;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.rafs.Digester;
import dev.naiad.testkit.SeededRandom;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The chunk table's order, for real and for crafted digests. */
final class ChunkOrderTest {
    @ParameterizedTest
    @CsvSource({"0, 32", "1, 32", "2, 32", "5000, 32", "5000, 1", "300, 0", "100000, 32"})
    void chunksAreSortedByDigestThenBlobThenIndex(int count, int randomBytes) {
        var random = SeededRandom.create("ChunkOrderTest");
        var store = new ChunkStore();
        var used = new BitSet();
        for (int i = 0; i < count; i++) {
            byte[] digest = new byte[Digester.LENGTH];
            for (int k = 0; k < randomBytes; k++) {
                // At the end, so that few random bytes make many equal beginnings.
                digest[digest.length - 1 - k] = (byte) random.nextInt();
            }
            store.add(digest, 0, random.nextInt(3), random.nextInt(9), 1, 0, false);
            if (random.nextInt(10) > 0) {
                used.set(i);
            }
        }
        var expected =
                used.stream()
                        .boxed()
                        .sorted(
                                ((Comparator<Integer>) store::compareDigests)
                                        .thenComparingInt(store::blobIndex)
                                        .thenComparingInt(store::chunkIndex))
                        .mapToInt(Integer::intValue)
                        .toArray();
        assertThat(ChunkOrder.sorted(used, store)).isEqualTo(expected);
        assertThat(Arrays.stream(expected).distinct().count()).isEqualTo(used.cardinality());
    }
}
