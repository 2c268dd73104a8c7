package dev.naiad.builder.v6;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Directories have the two names that no tree has, at their places. */
final class DirentBlocksTest {
    private static final int BLOCK = 512;

    private final FileTree tree = new FileTree();

    @Test
    void dotsStandWhereTheirBytesSort() {
        add("a", "!first", "-", ".-between", "...", "..a", ".0", ".hidden");
        assertThat(names())
                .containsExactly(
                        "!first", "-", ".", ".-between", "..", "...", "..a", ".0", ".hidden", "a");
    }

    @Test
    void anEmptyDirectoryHasTheDotsOnly() {
        assertThat(names()).containsExactly(".", "..");
        assertThat(new DirentBlocks(tree.root(), BLOCK).size()).isEqualTo(2 * 12 + 3);
    }

    @Test
    void namesThatDoNotFitGoIntoTheNextBlock() {
        for (int i = 0; i < 100; i++) {
            add("name-of-some-length-" + (1000 + i));
        }
        assertThat(new DirentBlocks(tree.root(), BLOCK).size()).isGreaterThan(7 * BLOCK);
        assertThat(names()).hasSize(102).isSorted();
    }

    private void add(String... names) {
        for (var name : names) {
            tree.root().put(name.getBytes(StandardCharsets.US_ASCII), new InodeData(0100644));
        }
    }

    private List<String> names() {
        var blocks = new DirentBlocks(tree.root(), BLOCK);
        int size = (int) blocks.size();
        byte[] bytes = new byte[size];
        var file = LittleEndian.of(bytes, "directory");
        blocks.write(file, number -> number * BLOCK);
        var result = new ArrayList<String>();
        for (int at = 0; at < size; at += BLOCK) {
            int end = Math.min(size, at + BLOCK);
            int count = file.u16(at + 8) / 12;
            for (int i = 0; i < count; i++) {
                int from = at + file.u16(at + 12 * i + 8);
                int to = i + 1 < count ? at + file.u16(at + 12 * i + 20) : end;
                var name = new String(bytes, from, to - from, StandardCharsets.US_ASCII);
                int nul = name.indexOf('\0');
                result.add(nul < 0 ? name : name.substring(0, nul));
            }
        }
        return result;
    }
}
