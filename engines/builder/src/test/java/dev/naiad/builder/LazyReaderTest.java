package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.v5.V5Writer;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An image is opened, and names are looked up in it, for a price that does not depend on its size:
 * measured in bytes that the reading thread allocates.
 */
class LazyReaderTest {
    private static final long SMALL = 64 << 10;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Half of the files in one directory, the others a thousand to a directory. */
    private static byte[] image(RafsVersion version, int files) {
        var tree = new FileTree();
        int directory = FileType.DIRECTORY.modeBits() | 0755;
        int regular = FileType.REGULAR.modeBits() | 0644;
        var huge = tree.root().put(bytes("huge"), new InodeData(directory));
        for (int i = 0; i < files / 2; i++) {
            huge.put(bytes("file-" + i), new InodeData(regular));
        }
        for (int i = 0; i < files / 2000; i++) {
            var many = tree.root().put(bytes("dir-" + i), new InodeData(directory));
            for (int k = 0; k < 1000; k++) {
                many.put(bytes("file-" + k), new InodeData(regular));
            }
        }
        long flags =
                Compressor.ZSTD.superFlag()
                        | Digester.BLAKE3.superFlag()
                        | SuperFlags.EXPLICIT_UID_GID;
        var store = new ChunkStore();
        return version == RafsVersion.V5
                ? new V5Writer(tree, store, List.of(), 0x100000, Digester.BLAKE3)
                        .write(flags, List.of())
                : new V6Writer(tree, store, List.of(), 0x100000, 4096)
                        .write(flags | SuperFlags.ENCRYPTION_NONE, List.of());
    }

    private interface Use {
        void run();
    }

    private static long allocatedBy(Use use) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        use.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    private static void check(byte[] bytes, int files) {
        var mapped = MemorySegment.ofArray(bytes);
        use(BootstrapReader.open(mapped, "warm-up"), files); // classes are loaded once
        long opened = allocatedBy(() -> BootstrapReader.open(mapped, "lazy.boot").root());
        assertThat(opened).as("bytes to open").isLessThan(SMALL);
        var image = BootstrapReader.open(mapped, "lazy.boot");
        long used = allocatedBy(() -> use(image, files));
        assertThat(used).as("bytes to look names up").isLessThan(SMALL);
    }

    private static void use(Bootstrap image, int files) {
        var huge = Objects.requireNonNull(image.root().child(bytes("huge")));
        for (int i : new int[] {0, 1, files / 4, files / 2 - 1}) {
            assertThat(huge.lookup(MemorySegment.ofArray(bytes("file-" + i)))).isPositive();
        }
        assertThat(huge.lookup(MemorySegment.ofArray(bytes("file-")))).isEqualTo(-1);
        assertThat(huge.lookup(MemorySegment.ofArray(bytes("zzz")))).isEqualTo(-1);
        // A page of a listing, from somewhere in the middle.
        long[] cookie = {0};
        for (int page = 0; page < 2; page++) {
            int[] left = {50};
            huge.children(
                    cookie[0],
                    (number, type, name, next) -> {
                        cookie[0] = next;
                        return --left[0] > 0;
                    });
        }
        image.inode(huge.number()).mode();
    }

    @ParameterizedTest
    @EnumSource
    void aSmallImageIsOpenedLazily(RafsVersion version) {
        check(image(version, 20_000), 20_000);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("slow")
    void aMillionInodesAreOpenedForTheSamePrice(RafsVersion version) {
        byte[] bytes = image(version, 1_000_000);
        long start = System.nanoTime();
        BootstrapReader.open(MemorySegment.ofArray(bytes), "million.boot").root();
        System.out.printf(
                "%s, a million inodes, %d MB: opened in %d µs%n",
                version, bytes.length >> 20, (System.nanoTime() - start) / 1000);
        check(bytes, 1_000_000);
    }
}
