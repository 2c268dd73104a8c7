package dev.naiad.builder.tree;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.SeededRandom;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A directory does what a sorted map does, in whatever order names come and go. */
final class ChildrenTest {
    private final Random random = SeededRandom.create("ChildrenTest");

    @Test
    void anyMixOfChangesLeavesWhatASortedMapHas() {
        for (int round = 0; round < 60; round++) {
            var directory = new FileTree().root();
            var expected = new TreeMap<byte[], InodeData>(Arrays::compareUnsigned);
            int names = 1 + random.nextInt(round % 3 == 0 ? 2000 : 60);
            int steps = random.nextInt(4 * names);
            for (int step = 0; step < steps; step++) {
                change(directory, expected, name(random.nextInt(names)));
            }
            check(directory, expected);
        }
    }

    private void change(TreeEntry directory, SortedMap<byte[], InodeData> expected, byte[] name) {
        switch (random.nextInt(12)) {
            case 0, 1 -> {
                directory.remove(name);
                expected.remove(name);
            }
            case 2 -> {
                var child = directory.child(name);
                assertThat(child == null ? null : child.inode()).isSameAs(expected.get(name));
            }
            case 3 -> assertThat(directory.childCount()).isEqualTo(expected.size());
            case 4 -> {
                if (random.nextInt(20) == 0) {
                    check(directory, expected);
                }
            }
            default -> {
                var inode = new InodeData(0100644);
                assertThat(directory.put(name, inode).name()).isEqualTo(name);
                expected.put(name, inode);
            }
        }
    }

    private static void check(TreeEntry directory, SortedMap<byte[], InodeData> expected) {
        var inodes = new ArrayList<InodeData>();
        var names = new ArrayList<byte[]>();
        for (var child : directory.children()) {
            assertThat(child.parent()).isSameAs(directory);
            names.add(child.name());
            inodes.add(child.inode());
        }
        assertThat(inodes).containsExactlyElementsOf(expected.values());
        assertThat(names)
                .usingElementComparator(Arrays::compareUnsigned)
                .containsExactlyElementsOf(expected.keySet());
        assertThat(List.of(directory.children().toArray())).hasSize(expected.size());
    }

    /** Bytes above 127, prefixes of one another. */
    private static byte[] name(int number) {
        byte[] name = ("n".repeat(number % 3) + number).getBytes(StandardCharsets.US_ASCII);
        name[0] = (byte) (number * 7);
        return name;
    }

    @ParameterizedTest
    @ValueSource(strings = {"up", "down", "shuffled"})
    void aLargeDirectoryIsSortedWhateverTheOrder(String order) {
        var names = new ArrayList<String>();
        for (int i = 0; i < 200_000; i++) {
            names.add(String.format("%06d", i));
        }
        var expected = List.copyOf(names);
        switch (order) {
            case "down" -> Collections.reverse(names);
            case "shuffled" -> Collections.shuffle(names, random);
            default -> {}
        }
        var directory = new FileTree().root();
        for (var name : names) {
            directory.put(name.getBytes(StandardCharsets.US_ASCII), new InodeData(0100644));
        }
        assertThat(directory.childCount()).isEqualTo(names.size());
        assertThat(
                        directory.children().stream()
                                .map(child -> new String(child.name(), StandardCharsets.US_ASCII))
                                .toList())
                .isEqualTo(expected);
    }
}
