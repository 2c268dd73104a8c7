package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.builder.load.TreeWalk;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.rafs.v5.V5Bootstrap;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Bootstraps of both generations, read to the last attribute. */
class BootstrapFuzzTest {
    private static final int ENTRIES = 2000;
    private static final int CHUNKS = 200;

    // Not in seeds(): there, under Jazzer's agent, classes of the builder failed to link.
    private static final List<byte[]> SEEDS = SeedCorpus.bootstraps().toList();

    static Stream<byte[]> seeds() {
        return SEEDS.stream();
    }

    @MethodSource("seeds")
    @FuzzTest
    void read(byte[] bytes) {
        Named.errorsOnly(() -> readAll(bytes));
    }

    private static void readAll(byte[] bytes) {
        var image = BootstrapReader.open(MemorySegment.ofArray(bytes), "bootstrap");
        image.prefetch();
        int[] left = {ENTRIES};
        TreeWalk.walk(
                image,
                (parent, name, inode) -> {
                    if (left[0]-- > 0) {
                        check(name, parent == null);
                        readAll(inode);
                    }
                    return name;
                });
        // As FUSE does: by a number that anybody may send.
        for (long number : new long[] {-1, 0, 1, 36, 77, 1L << 31, Long.MAX_VALUE}) {
            Named.errorsOnly(() -> readAll(image.inode(number)));
        }
        for (var blob : image.blobs()) {
            chunks(image, blob.index());
        }
        if (image instanceof V5Bootstrap v5) {
            v5.verifyDigests();
        }
    }

    private static void check(byte[] name, boolean isRoot) {
        String text = new String(name, StandardCharsets.ISO_8859_1);
        if (!isRoot
                && (text.isEmpty()
                        || text.equals(".")
                        || text.equals("..")
                        || text.indexOf('/') >= 0
                        || text.indexOf('\0') >= 0
                        || name.length > 255)) {
            throw new AssertionError("a name that leaves its directory: " + text);
        }
    }

    private static void readAll(Inode inode) {
        inode.xattrs();
        inode.mtimeNanos();
        inode.symlinkTarget();
        inode.blocks();
        inode.rdev();
        inode.layerHint();
        inode.lookup(MemorySegment.ofArray(new byte[] {'f', 'i', 'l', 'e'}));
        int chunks = Math.min(inode.chunkCount(), CHUNKS);
        for (int k = 0; k < chunks; k++) {
            inode.chunkRef(k);
            inode.chunk(k);
        }
        int[] left = {CHUNKS};
        inode.children(0, (number, type, name, cookie) -> left[0]-- > 0);
    }

    private static void chunks(Bootstrap image, int blob) {
        var chunks = image.chunks(blob);
        for (int i = 0; i < Math.min(chunks.count(), CHUNKS); i++) {
            if (chunks.isKnown(i)) {
                chunks.compressedSize(i);
                chunks.uncompressedOffset(i);
                chunks.hasDigest(i);
            }
        }
        chunks.indexAt(4096);
    }
}
