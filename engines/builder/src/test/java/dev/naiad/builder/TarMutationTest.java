package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.NaiadException;
import dev.naiad.testkit.SeededRandom;
import dev.naiad.testkit.TestTar;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Damaged archives are refused with a reason or become some tree that can be read; the reader never
 * breaks in its depths.
 */
class TarMutationTest {
    private static final int ROUNDS = 400;
    private static final BuildOptions OPTIONS =
            BuildOptions.defaults().withChunkSize(4096).withThreads(1);

    private final Random random = SeededRandom.create("TarMutationTest");

    private byte[] archive() {
        var big = new TestTar.Header("big owner", '0');
        big.base256 = true;
        big.uid = 3_000_000;
        return new TestTar()
                .dir("d", 0755)
                .file("d/file", SeededRandom.text(random, 5000))
                .pax('x', "path=d/long name", "mtime=1600000000.5", "SCHILY.xattr.user.x=y")
                .file("ignored", "content")
                .pax('g', "uid=7")
                .add(big, "b".getBytes(StandardCharsets.UTF_8))
                .symlink("d/link", "../d/file")
                .hardlink("hard", "d/file")
                .device('3', "dev", 1, 3)
                .file(".wh.gone", "")
                .end();
    }

    @Test
    void damagedArchivesAreRefusedOrRead() {
        byte[] good = archive();
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bad = damage(good);
            try {
                assertThat(BuiltImage.ofTar(bad, OPTIONS).paths()).isNotNull();
            } catch (NaiadException e) {
                assertThat(e.what()).isNotEmpty();
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(ROUNDS / 20);
    }

    private byte[] damage(byte[] good) {
        byte[] bad = good.clone();
        if (random.nextInt(8) == 0) {
            return Arrays.copyOf(bad, random.nextInt(bad.length));
        }
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            // Headers are where the meaning is.
            int block = random.nextInt(bad.length / 512) * 512;
            int at = block + random.nextInt(350);
            bad[at] =
                    (byte)
                            (random.nextBoolean()
                                    ? random.nextInt()
                                    : bad[at] ^ (1 << random.nextInt(8)));
            if (random.nextInt(4) > 0) {
                checksum(bad, block);
            }
        }
        return bad;
    }

    /** Puts the sum right, so that the damage gets past it. */
    private static void checksum(byte[] bad, int block) {
        Arrays.fill(bad, block + 148, block + 156, (byte) ' ');
        int sum = 0;
        for (int i = block; i < block + 512; i++) {
            sum += bad[i] & 0xff;
        }
        byte[] text = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, bad, block + 148, 8);
    }
}
