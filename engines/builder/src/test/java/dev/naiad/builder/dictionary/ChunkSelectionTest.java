package dev.naiad.builder.dictionary;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which chunks a dictionary takes. */
class ChunkSelectionTest {
    private static BitSet set(int... chunks) {
        var result = new BitSet();
        for (int chunk : chunks) {
            result.set(chunk);
        }
        return result;
    }

    private static long[] sizes(int chunks) {
        long[] sizes = new long[chunks];
        Arrays.fill(sizes, 100);
        return sizes;
    }

    @Test
    void whatVersionsKeptHavingIsTakenAndWhatWentIsNot() {
        // Chunk 0 is always there, 1 came back of late, 2 left, 3 was there once.
        var versions =
                List.of(
                        set(0, 2, 3),
                        set(0, 2),
                        set(0, 1),
                        set(0, 1),
                        set(0, 1),
                        set(0, 1),
                        set(0, 1),
                        set(0, 1),
                        set(0, 1),
                        set(0, 1));
        assertThat(ChunkSelection.choose(List.of(versions), sizes(4))).isEqualTo(set(0, 1));
    }

    @Test
    void aLowerThresholdIsTakenOnlyWhereItSavesSomething() {
        // Learnt from two versions: chunk 1 scores one half.
        var gains = List.of(set(0), set(0, 1), set(0, 1));
        assertThat(ChunkSelection.choose(List.of(gains), sizes(2))).isEqualTo(set(0, 1));
        var not = List.of(set(0), set(0, 1), set(0));
        assertThat(ChunkSelection.choose(List.of(not), sizes(2))).isEqualTo(set(0));
    }

    @Test
    void oneVersionAloneIsTakenWhole() {
        assertThat(ChunkSelection.choose(List.of(List.of(set(3, 4))), sizes(5)))
                .isEqualTo(set(3, 4));
        assertThat(ChunkSelection.choose(List.of(), sizes(0))).isEqualTo(set());
    }

    @Test
    void tenImagesThatShareABaseMakeAClusterAndStrangersStayOut() {
        var images = new ArrayList<BitSet>();
        for (int i = 0; i < 12; i++) {
            var image = set(100 + i);
            image.set(0, 20);
            images.add(image);
        }
        for (int i = 0; i < 3; i++) {
            images.add(set(200 + i));
        }
        assertThat(Clusters.of(images)).containsExactly(IntStream.range(0, 12).boxed().toList());
        // Nine are too few.
        assertThat(Clusters.of(images.subList(3, 12))).isEmpty();
    }

    @Test
    void theRadiusGrowsForWhatIsLessAlike() {
        var images = new ArrayList<BitSet>();
        for (int i = 0; i < 10; i++) {
            // Any two share 47 per cent of what they have, but the first round asks for half.
            var image = new BitSet();
            image.set(0, 64);
            image.set(100 + 36 * i, 136 + 36 * i);
            images.add(image);
        }
        assertThat(Clusters.of(images)).isEmpty();
        for (int i = 0; i < 10; i++) {
            var image = new BitSet();
            image.set(1000, 1090);
            image.set(2000 + 10 * i, 2010 + 10 * i);
            images.add(image);
        }
        assertThat(Clusters.of(images)).hasSize(2);
    }
}
