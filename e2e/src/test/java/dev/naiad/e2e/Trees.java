package dev.naiad.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Listings that the image's own tree.py printed. */
final class Trees {
    private static final int SHOWN = 12;

    private Trees() {}

    /** Fails with the first differences, path by path. */
    static void assertSame(String what, String expected, String actual) {
        Map<String, String> wanted = byPath(expected);
        Map<String, String> found = byPath(actual);
        assertThat(wanted.size()).as("files in the source").isGreaterThan(1000);
        List<String> differences = new ArrayList<>();
        wanted.forEach(
                (path, line) -> {
                    var other = found.getOrDefault(path, "(missing)");
                    if (!line.equals(other)) {
                        differences.add("wanted " + line + "\n    found  " + other);
                    }
                });
        found.keySet().stream()
                .filter(path -> !wanted.containsKey(path))
                .forEach(path -> differences.add("not in the source: " + path));
        assertThat(differences.subList(0, Math.min(SHOWN, differences.size())))
                .as("%s: %d differences", what, differences.size())
                .isEmpty();
    }

    private static Map<String, String> byPath(String listing) {
        Map<String, String> lines = new LinkedHashMap<>();
        listing.lines()
                .forEach(
                        line -> {
                            // The path ends before the six octal digits of the mode.
                            var found =
                                    java.util.regex.Pattern.compile("^(.*?) [0-7]{6} \\d+ \\d+")
                                            .matcher(line);
                            assertThat(found.find()).as("a line of tree.py: %s", line).isTrue();
                            lines.put(found.group(1), line);
                        });
        return lines;
    }
}
