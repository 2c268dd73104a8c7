package dev.naiad.builder.tar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.SeededRandom;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The directory of the last entry is remembered; what comes of an archive does not depend on it.
 */
final class EntryTreeTest {
    private static final String[] PARTS = {"a", "b", "c", "...", ".d", "a.b"};

    private static final String[] DOORS = {"s", "t"};

    private final Random random = SeededRandom.create("EntryTreeTest");

    @Test
    void pathsThatAreWrittenDifferentlyMakeTheSameTree() {
        for (int round = 0; round < 400; round++) {
            var plain = new EntryTree("plain", true, true);
            var odd = new EntryTree("odd", true, true);
            for (int i = random.nextInt(60); i >= 0; i--) {
                var kind =
                        switch (random.nextInt(9)) {
                            case 0, 1 -> TarEntry.Kind.DIRECTORY;
                            case 2 -> TarEntry.Kind.SYMLINK;
                            case 3 -> TarEntry.Kind.HARD_LINK;
                            default -> TarEntry.Kind.FILE;
                        };
                // Symlinks lead to where there are none: what becomes of loops is another matter.
                String door = DOORS[random.nextInt(DOORS.length)];
                String path =
                        kind == TarEntry.Kind.SYMLINK
                                ? door
                                : (random.nextInt(3) == 0 ? door + "/" : "") + path();
                String link = (random.nextBoolean() ? "/" : "") + path();
                plain.add(entry(path, kind, link, i), entry -> new int[0]);
                // Never the same directory twice in a row.
                String slashes = "/".repeat(1 + i % 2);
                odd.add(
                        entry(
                                (i % 2 == 0 ? "./" : "x/../")
                                        + path.replace("/", slashes)
                                        + (kind == TarEntry.Kind.DIRECTORY ? slashes : ""),
                                kind,
                                link,
                                i),
                        entry -> new int[0]);
            }
            assertThat(text(plain)).isEqualTo(text(odd));
        }
    }

    /** The second entry takes away the way on which the third would come to the same directory. */
    @Test
    void aDirectoryThatReplacesItselfIsLookedForAgain() {
        var entries = new EntryTree("self", true, true);
        entries.add(entry("a/s", TarEntry.Kind.SYMLINK, "..", 1), entry -> new int[0]);
        entries.add(entry("a/s/f", TarEntry.Kind.FILE, "", 2), entry -> new int[0]);
        entries.add(entry("a/s/a", TarEntry.Kind.FILE, "", 3), entry -> new int[0]);
        entries.add(entry("a/s/g", TarEntry.Kind.FILE, "", 4), entry -> new int[0]);
        assertThat(text(entries).lines())
                .containsExactly(
                        "/ DIRECTORY 0",
                        "/a DIRECTORY 0",
                        "/f REGULAR 2",
                        "/a/s DIRECTORY 0",
                        "/a/s/g REGULAR 4");
    }

    private static String text(EntryTree entries) {
        var result = new StringBuilder();
        entries.finish()
                .forEach(
                        entry ->
                                result.append(entry.path())
                                        .append(' ')
                                        .append(entry.inode().type())
                                        .append(' ')
                                        .append(entry.inode().mtimeSeconds())
                                        .append('\n'));
        return result.toString();
    }

    private String path() {
        var path = new StringBuilder();
        for (int depth = random.nextInt(4); depth >= 0; depth--) {
            path.append(PARTS[random.nextInt(PARTS.length)]).append(depth == 0 ? "" : "/");
        }
        return path.toString();
    }

    private static TarEntry entry(String path, TarEntry.Kind kind, String link, int time) {
        return new TarEntry(
                path.getBytes(StandardCharsets.US_ASCII),
                kind,
                0644,
                0,
                0,
                0,
                0,
                time,
                0,
                link.getBytes(StandardCharsets.US_ASCII),
                0,
                0,
                List.of(),
                null);
    }
}
