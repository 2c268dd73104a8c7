package dev.naiad.e2e.image;

import java.util.List;

/**
 * What an image is made of, lowest layer first: the distribution's essential packages, then one
 * layer for each list of packages, then a layer of our own with a program, awkward files and
 * deletions.
 *
 * @param name part of the cache's name
 * @param layers packages of each layer
 */
public record Recipe(String name, List<List<String>> layers) {
    /** Part of the cache's name: change it when images must be rebuilt. */
    static final String VERSION = "4";

    /** For tests: small. */
    public static final Recipe SMALL = new Recipe("small", List.of(List.of("python3")));

    /** For the demo: about the size of a common Python image. */
    public static final Recipe PYTHON =
            new Recipe(
                    "python",
                    List.of(
                            List.of("python3"),
                            List.of("python3-numpy", "python3-scipy"),
                            List.of("python3-pip", "git")));

    /** Copies the lists. */
    public Recipe {
        layers = layers.stream().map(List::copyOf).toList();
    }
}
