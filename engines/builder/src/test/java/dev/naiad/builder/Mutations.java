package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.naiad.base.error.NaiadException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Damages good bytes in many ways and watches what a reader makes of them: an answer or a named
 * error, and never more memory than a small multiple of what was given.
 */
final class Mutations {
    // The same mutations in every run; other seeds and more rounds by system property.
    private static final long SEED = Long.getLong("naiad.fuzz.seed", 20261129);
    private static final int ROUNDS = Integer.getInteger("naiad.fuzz.rounds", 600);

    /** Numbers at which readers break. */
    private static final long[] EDGES = {
        0,
        1,
        2,
        127,
        128,
        255,
        256,
        4095,
        4096,
        65535,
        1 << 20,
        1 << 24,
        Integer.MAX_VALUE,
        1L << 31,
        0xffff_ffffL,
        1L << 32,
        1L << 40,
        1L << 44,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1
    };

    private static final long MOST_ALLOCATED = 200L << 20;

    private final Random random;

    private Mutations(Random random) {
        this.random = random;
    }

    /**
     * Reads {@code good} whole and then damaged.
     *
     * @param file what errors have to name
     * @return how many of the damaged ones were refused
     */
    static int of(String purpose, String file, byte[] good, Consumer<byte[]> reader) {
        var mutations = new Mutations(new Random(SEED ^ purpose.hashCode()));
        reader.accept(good.clone());
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bad = mutations.damage(good);
            refused += read(purpose + ", round " + round, file, bad, reader) ? 0 : 1;
        }
        for (int length = 0; length < good.length; length += Math.max(1, good.length / 100)) {
            read(purpose + ", " + length + " bytes", file, Arrays.copyOf(good, length), reader);
        }
        return refused;
    }

    private static boolean read(String what, String file, byte[] bad, Consumer<byte[]> reader) {
        long before = allocated();
        try {
            reader.accept(bad);
            return true;
        } catch (NaiadException e) {
            // An error names the file.
            assertThat(e.getMessage()).as(what).contains(file);
            return false;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            throw new AssertionError(what + ": not an error with a name: " + e, e);
        } finally {
            assertThat(allocated() - before).as(what + ", bytes").isLessThan(MOST_ALLOCATED);
        }
    }

    private static long allocated() {
        return ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads
                ? threads.getCurrentThreadAllocatedBytes()
                : 0;
    }

    private byte[] damage(byte[] good) {
        byte[] bad = good.clone();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            int at = somewhere(bad);
            switch (random.nextInt(6)) {
                case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bad[at] = (byte) random.nextInt();
                case 2 -> fill(bad, at, 1 + random.nextInt(16));
                case 3 -> copy(bad, at);
                default -> number(bad, at);
            }
        }
        return bad;
    }

    /** Mostly where something is: images are full of zeros. */
    private int somewhere(byte[] bytes) {
        int at = random.nextInt(bytes.length);
        for (int tries = 0; tries < 20 && bytes[at] == 0; tries++) {
            at = random.nextInt(bytes.length);
        }
        return at;
    }

    private void fill(byte[] bytes, int at, int count) {
        Arrays.fill(
                bytes,
                at,
                Math.min(bytes.length, at + count),
                (byte) (random.nextBoolean() ? 0xff : 0));
    }

    private void copy(byte[] bytes, int at) {
        int from = random.nextInt(bytes.length);
        int length = Math.min(1 + random.nextInt(64), bytes.length - Math.max(at, from));
        System.arraycopy(bytes.clone(), from, bytes, at, length);
    }

    /** A number of 2, 4 or 8 bytes at an aligned position. */
    private void number(byte[] bytes, int at) {
        int size = 2 << random.nextInt(3);
        long value = EDGES[random.nextInt(EDGES.length)] + random.nextInt(3) - 1;
        int start = at / size * size;
        for (int i = 0; i < size && start + i < bytes.length; i++) {
            bytes[start + i] = (byte) (value >> (8 * i));
        }
    }
}
