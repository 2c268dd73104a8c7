package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.rafs.blob.Toc;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Hostile bytes give a named error or a bounded read, never an exception from the depths. */
class V6MutationTest {
    private static final String BLOB_NAME = "blob";

    // The same mutations in every run; other seeds and more rounds by system property.
    private static final long SEED = Long.getLong("naiad.fuzz.seed", 20261129);
    private static final int ROUNDS = Integer.getInteger("naiad.fuzz.rounds", 1000);

    @Test
    void mutatedBootstrapsGiveNamedErrorsOnly() {
        byte[] good = SampleImage.bootstrap();
        var random = new Random(SEED);
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bad = mutate(good, random);
            try {
                readAll(bad);
            } catch (CorruptFormatException e) {
                assertThat(e.getMessage()).contains("bad.boot");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(ROUNDS / 20);
    }

    @Test
    void truncatedBootstrapsAreRefused() {
        byte[] good = SampleImage.bootstrap();
        for (int length = 0; length < good.length; length += 512) {
            byte[] bad = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> readAll(bad)).isInstanceOf(CorruptFormatException.class);
        }
    }

    @Test
    void mutatedBlobsGiveNamedErrorsOnly() {
        byte[] good = SampleImage.blob();
        var info =
                BootstrapReader.open(MemorySegment.ofArray(SampleImage.bootstrap()), "boot")
                        .blobs()
                        .getFirst();
        var random = new Random(SEED + 1);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bad = mutate(good, random);
            var source = ByteSource.of(BLOB_NAME, MemorySegment.ofArray(bad));
            named(() -> BlobSections.walk(source));
            named(() -> Toc.probe(source));
            named(() -> BlobReader.inlinedBootstrap(source));
            named(
                    () -> {
                        var reader = new BlobReader(source, info);
                        var meta = reader.meta();
                        for (int i = 0; i < meta.count(); i++) {
                            reader.chunk(
                                    meta,
                                    i,
                                    MemorySegment.ofArray(new byte[meta.uncompressedSize(i)]));
                        }
                    });
        }
    }

    private static void named(Runnable action) {
        try {
            action.run();
        } catch (NaiadException e) {
            assertThat(e.kind())
                    .isIn(ErrorKind.DATA_LOSS, ErrorKind.NOT_FOUND, ErrorKind.OUT_OF_RANGE);
            assertThat(e.getMessage()).contains(BLOB_NAME);
        }
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] bad = good.clone();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            // Mostly where something is: a bootstrap is full of zeros.
            int at = random.nextInt(bad.length);
            for (int tries = 0; tries < 20 && bad[at] == 0; tries++) {
                at = random.nextInt(bad.length);
            }
            switch (random.nextInt(4)) {
                case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bad[at] = (byte) random.nextInt();
                case 2 -> bad[at] = (byte) 0xff;
                default -> {
                    for (int k = at; k < Math.min(bad.length, at + 8); k++) {
                        bad[k] = (byte) random.nextInt();
                    }
                }
            }
        }
        return bad;
    }

    private static void readAll(byte[] bytes) {
        var image = BootstrapReader.open(MemorySegment.ofArray(bytes), "bad.boot");
        image.prefetch();
        for (int i = 0; i < image.blobs().size(); i++) {
            image.chunks(i).count();
        }
        int[] budget = {20_000};
        visit(image, image.root(), new HashSet<>(), budget);
    }

    private static void visit(Bootstrap image, Inode inode, Set<Long> seen, int[] budget) {
        if (!seen.add(inode.number())) {
            return;
        }
        inode.xattrs();
        inode.mtimeNanos();
        inode.symlinkTarget();
        inode.blocks();
        int chunks = Math.min(inode.chunkCount(), 1000);
        for (int k = 0; k < chunks; k++) {
            inode.chunk(k);
        }
        inode.children(
                0,
                (number, type, name, cookie) -> {
                    if (budget[0]-- <= 0) {
                        return false;
                    }
                    assertThat(name.byteSize()).isBetween(1L, 255L);
                    assertThat(name.toArray(ValueLayout.JAVA_BYTE))
                            .doesNotContain((byte) '/', (byte) 0);
                    visit(image, image.inode(number), seen, budget);
                    inode.lookup(name);
                    return true;
                });
    }
}
