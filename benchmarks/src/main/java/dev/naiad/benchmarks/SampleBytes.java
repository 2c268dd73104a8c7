package dev.naiad.benchmarks;

import java.util.Random;

/** Seeded bytes that compress to about a third, as programs and their text do. */
final class SampleBytes {
    private SampleBytes() {}

    static byte[] of(int size) {
        var random = new Random(20_261_129);
        var bytes = new byte[size];
        int at = 0;
        while (at < size) {
            int length = Math.min(size - at, 4 + random.nextInt(60));
            if (at > 4096 && random.nextInt(4) != 0) {
                int from = at - 1 - random.nextInt(4096);
                for (int i = 0; i < length; i++) {
                    bytes[at + i] = bytes[from + i];
                }
            } else {
                for (int i = 0; i < length; i++) {
                    bytes[at + i] = (byte) (32 + random.nextInt(80));
                }
            }
            at += length;
        }
        return bytes;
    }
}
