package dev.naiad.snapshotter.daemon;

import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** New daemon ids: 20 characters of {@code 0-9a-v}, time first, so that they sort by age. */
public final class DaemonIds {
    private static final String ALPHABET = "0123456789abcdefghijklmnopqrstuv";

    private final InstantSource clock;
    private final RandomGenerator random;

    public DaemonIds(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /**
     * 96 bits in base 32: 32 of seconds, 64 of chance, and four zero bits to fill the last digit.
     */
    String next() {
        byte[] bits = new byte[12];
        long seconds = clock.instant().getEpochSecond();
        random.nextBytes(bits);
        for (int i = 0; i < 4; i++) {
            bits[i] = (byte) (seconds >>> (8 * (3 - i)));
        }
        var text = new StringBuilder(20);
        for (int bit = 0; bit < 100; bit += 5) {
            int value = 0;
            for (int i = bit; i < bit + 5; i++) {
                int one = i < 96 ? (bits[i / 8] >> (7 - i % 8)) & 1 : 0;
                value = value << 1 | one;
            }
            text.append(ALPHABET.charAt(value));
        }
        return text.toString();
    }
}
