package dev.naiad.convert.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class NameTableTest {
    private final NameTable table = new NameTable();
    private final Map<Integer, Map<String, Integer>> model = new HashMap<>();

    private static byte[] bytes(String name) {
        return name.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Whatever is put, replaced and taken away, the table says the same as maps do. */
    @Test
    void namesAreThoseThatMapsWouldHave() {
        var random = new Random(11);
        for (int step = 0; step < 60_000; step++) {
            int directory = random.nextInt(40) * random.nextInt(40);
            var names = model.computeIfAbsent(directory, d -> new TreeMap<>());
            byte[] name = bytes("name" + random.nextInt(60));
            switch (random.nextInt(200)) {
                case 0 -> {
                    table.clear(directory);
                    names.clear();
                }
                case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 -> {
                    table.remove(directory, name, 0, name.length);
                    names.remove(new String(name, StandardCharsets.ISO_8859_1));
                }
                default -> {
                    table.put(directory, name, 0, name.length, step);
                    names.put(new String(name, StandardCharsets.ISO_8859_1), step);
                }
            }
        }
        for (int directory = 0; directory < 1600; directory++) {
            var names = model.getOrDefault(directory, Map.of());
            assertThat(table.size(directory)).as("of %s", directory).isEqualTo(names.size());
            var found = new TreeMap<String, Integer>();
            table.forEach(
                    directory,
                    at ->
                            found.put(
                                    new String(table.name(at), StandardCharsets.ISO_8859_1),
                                    table.node(at)));
            assertThat(found).isEqualTo(names);
            for (int i = 0; i < 60; i++) {
                byte[] name = bytes("xname" + i);
                int node = table.node(directory, name, 1, name.length);
                assertThat(node).isEqualTo(names.getOrDefault("name" + i, -1));
            }
        }
    }

    @Test
    void nameOfNoBytesIsLikeAnyOther() {
        byte[] none = {};
        table.put(3, none, 0, 0, 9);
        assertThat(table.node(3, none, 0, 0)).isEqualTo(9);
        assertThat(table.node(4, none, 0, 0)).isEqualTo(-1);
    }
}
