package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.builder.tar.TarTreeBuilder;
import dev.naiad.builder.tree.TreeEntry;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives become trees whose names are names, without any data being stored. */
class TarTreeFuzzTest {
    static Stream<byte[]> seeds() {
        return SeedCorpus.tars();
    }

    @MethodSource("seeds")
    @FuzzTest
    void read(byte[] tar) {
        Named.errorsOnly(
                () -> {
                    var tree = new TarTreeBuilder(new BytesInput(tar), 4096, true, true).build();
                    tree.number();
                    tree.forEach(TarTreeFuzzTest::check);
                });
    }

    private static void check(TreeEntry entry) {
        String name = new String(entry.name(), StandardCharsets.ISO_8859_1);
        boolean wrong =
                name.equals(".")
                        || name.equals("..")
                        || name.indexOf('/') >= 0
                        || name.indexOf('\0') >= 0
                        || name.length() > 255
                        || (name.isEmpty() && entry.parent() != null);
        if (wrong) {
            throw new AssertionError("a name that leaves its directory: " + entry.path());
        }
        var inode = entry.inode();
        long most = inode.size() == 0 ? 0 : (inode.size() - 1) / 4096 + 1;
        if (inode.isRegular() && inode.chunks().length != most) {
            throw new AssertionError(inode.chunks().length + " chunks of " + inode.size());
        }
    }
}
