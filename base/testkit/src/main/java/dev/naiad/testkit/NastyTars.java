package dev.naiad.testkit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Images made of every kind of tar archive that is legal, strange or both: dialects, entry types,
 * names, attributes, and what layers do to each other. Tests build them, lay them over each other
 * and compare the result with what other tools make of the same layers.
 */
public final class NastyTars {
    private NastyTars() {}

    /**
     * One image.
     *
     * @param layers lowest first
     * @param reference the same image in layers that the reference (umoci) reads correctly; usually
     *     {@code layers} itself
     * @param undated paths without a time of their own: directories that archives left out
     */
    public record Image(
            String name, List<byte[]> layers, List<byte[]> reference, Set<String> undated) {
        public Image {
            layers = List.copyOf(layers);
            reference = List.copyOf(reference);
            undated = Set.copyOf(undated);
        }

        static Image of(String name, TestTar... layers) {
            var bytes = ended(layers);
            return new Image(name, bytes, bytes, Set.of());
        }

        Image undated(String... paths) {
            return new Image(name, layers, reference, Set.of(paths));
        }

        /** Where the reference fails on these layers or is known to be wrong. */
        Image asReference(TestTar... others) {
            return new Image(name, layers, ended(others), undated);
        }

        private static List<byte[]> ended(TestTar... layers) {
            return Arrays.stream(layers).map(TestTar::end).toList();
        }

        /** The name of its test. */
        @Override
        public String toString() {
            return name;
        }
    }

    /** All of them. */
    public static Stream<Image> all() {
        return Stream.of(NastyDialects.images(), NastyEntries.images(), NastyLayers.images())
                .flatMap(List::stream);
    }

    /** A directory of that many entries, over two layers; too large for {@link #all}. */
    public static Image hugeDirectory(int entries) {
        var lower = new TestTar().dir("huge", 0755);
        var upper = new TestTar().dir("huge", 0755);
        for (int i = 0; i < entries; i++) {
            var layer = i % 100 == 0 ? upper : lower;
            String name = "huge/entry-" + i;
            switch (i % 50) {
                case 1 -> layer.dir(name, 0711);
                case 2 -> layer.symlink(name, "entry-" + (i - 1));
                case 3 -> layer.file(name, "content of " + i % 1000);
                case 4 -> layer.hardlink(name, "huge/entry-" + (i - 1));
                default -> layer.file(name, "");
            }
            if (i % 1000 == 5) {
                upper.file("huge/.wh.entry-" + i, "");
            }
        }
        return Image.of("a huge directory", lower, upper);
    }

    static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] noise(int seed, int length) {
        return SeededRandom.bytes(new Random(seed), length);
    }
}
