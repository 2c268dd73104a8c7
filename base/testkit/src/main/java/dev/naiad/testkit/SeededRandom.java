package dev.naiad.testkit;

import java.util.Random;

/**
 * Random numbers of a test: the same in every run, so that a build does not fail by chance. {@code
 * NAIAD_SEED=random} looks for new failures; the seed is printed, and {@code NAIAD_SEED=number}
 * repeats it.
 */
public final class SeededRandom {
    private SeededRandom() {}

    /** A generator whose seed is printed with {@code purpose}. */
    public static Random create(String purpose) {
        String configured = System.getenv("NAIAD_SEED");
        long seed =
                configured == null || configured.isEmpty()
                        ? purpose.hashCode()
                        : configured.equals("random")
                                ? System.nanoTime()
                                : Long.parseLong(configured);
        System.out.println("seed of " + purpose + ": NAIAD_SEED=" + seed);
        return new Random(seed);
    }

    /** {@code length} random bytes. */
    public static byte[] bytes(Random random, int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** {@code length} bytes that compress to about a third: words of a small vocabulary. */
    public static byte[] text(Random random, int length) {
        var bytes = new byte[length];
        for (int at = 0; at < length; ) {
            long word = random.nextInt(512) * 0x9e3779b97f4a7c15L;
            for (int i = 0; i < 3 + (word & 7) && at < length; i++) {
                bytes[at++] = (byte) ('a' + Math.floorMod(word >> (5 * i), 26));
            }
            if (at < length) {
                bytes[at++] = ' ';
            }
        }
        return bytes;
    }
}
