package dev.naiad.codec.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.NaiadException;
import dev.naiad.testkit.SeededRandom;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every block codec does. */
abstract class BlockCodecContract {
    private static final byte PADDING = 0x5a;

    private final Random random = SeededRandom.create(getClass().getSimpleName());

    abstract BlockCodec codec();

    private List<byte[]> samples() {
        var samples = new ArrayList<byte[]>();
        for (int size :
                new int[] {1, 2, 15, 16, 17, 255, 4095, 4096, 4097, 65535, 65536, 65537, 1 << 20}) {
            samples.add(SeededRandom.text(random, size));
            samples.add(SeededRandom.bytes(random, size));
            samples.add(new byte[size]);
        }
        for (int i = 0; i < 50; i++) {
            samples.add(SeededRandom.text(random, 1 + random.nextInt(100_000)));
        }
        return samples;
    }

    @Test
    void whatWasCompressedComesBack() {
        for (byte[] sample : samples()) {
            byte[] compressed = codec().compress(sample);
            assertThat(compressed.length)
                    .isLessThanOrEqualTo(codec().maxCompressedSize(sample.length));
            assertThat(codec().decompress(compressed, sample.length, "block")).isEqualTo(sample);
        }
    }

    @Test
    void everyMixOfHeapAndNativeMemoryWorks() {
        byte[] sample = SeededRandom.text(random, 10_000);
        byte[] compressed = codec().compress(sample);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment nativeSample = arena.allocateFrom(ValueLayout.JAVA_BYTE, sample);
            MemorySegment nativeCompressed = arena.allocateFrom(ValueLayout.JAVA_BYTE, compressed);
            for (MemorySegment source :
                    List.of(
                            MemorySegment.ofArray(compressed),
                            MemorySegment.ofArray(compressed).asReadOnly(),
                            nativeCompressed,
                            nativeCompressed.asReadOnly())) {
                for (MemorySegment target :
                        List.of(
                                MemorySegment.ofArray(new byte[sample.length]),
                                arena.allocate(sample.length))) {
                    codec().decompressExactly(source, target, "block");
                    assertThat(target.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(sample);
                }
            }
            for (MemorySegment source :
                    List.of(MemorySegment.ofArray(sample).asReadOnly(), nativeSample)) {
                int max = codec().maxCompressedSize(sample.length);
                for (MemorySegment target :
                        List.of(MemorySegment.ofArray(new byte[max]), arena.allocate(max))) {
                    int n = codec().compress(source, target);
                    byte[] made = target.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
                    assertThat(codec().decompress(made, sample.length, "block")).isEqualTo(sample);
                }
            }
        }
    }

    @Test
    void slicesInTheMiddleOfAnArrayWork() {
        byte[] sample = SeededRandom.text(random, 5000);
        var whole = new byte[7000];
        System.arraycopy(sample, 0, whole, 1000, sample.length);
        var target = new byte[codec().maxCompressedSize(sample.length) + 33];
        int n =
                codec().compress(
                                MemorySegment.ofArray(whole).asSlice(1000, 5000),
                                MemorySegment.ofArray(target).asSlice(33));
        var out = new byte[6000];
        codec().decompressExactly(
                        MemorySegment.ofArray(target).asSlice(33, n),
                        MemorySegment.ofArray(out).asSlice(500, 5000),
                        "block");
        assertThat(Arrays.copyOfRange(out, 500, 5500)).isEqualTo(sample);
        assertThat(Arrays.copyOfRange(out, 0, 500)).containsOnly(0);
        assertThat(Arrays.copyOfRange(out, 5500, 6000)).containsOnly(0);
    }

    /** The call without views makes the same bytes, in their place, within the room it has. */
    @Test
    void blocksInTheMiddleOfDirectBuffersGiveTheSameBytes() {
        byte[] sample = SeededRandom.text(random, 5000);
        byte[] expected = codec().compress(sample);
        ByteBuffer whole = ByteBuffer.allocateDirect(7000).put(1000, sample);
        var padding = new byte[codec().maxCompressedSize(sample.length) + 77];
        Arrays.fill(padding, PADDING);
        ByteBuffer target = ByteBuffer.allocateDirect(padding.length).put(0, padding);
        int n = codec().compress(whole, 1000, 5000, target, 33);
        var made = new byte[padding.length];
        target.get(0, made);
        assertThat(Arrays.copyOfRange(made, 33, 33 + n)).isEqualTo(expected);
        assertThat(Arrays.copyOfRange(made, 0, 33)).containsOnly(PADDING);
        assertThat(whole.position() + target.position()).isZero();
        assertThat(whole.limit() + target.limit()).isEqualTo(7000 + padding.length);
        ByteBuffer small = ByteBuffer.allocateDirect(33 + expected.length - 1);
        assertThatThrownBy(() -> codec().compress(whole, 1000, 5000, small, 33))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining((expected.length - 1) + " bytes");
    }

    @Test
    void whatLiesBehindTheOutputStaysAsItWas() {
        byte[] sample = SeededRandom.text(random, 3000);
        byte[] compressed = codec().compress(sample);
        var target = new byte[4000];
        Arrays.fill(target, PADDING);
        int n =
                codec().decompress(
                                MemorySegment.ofArray(compressed),
                                MemorySegment.ofArray(target).asSlice(0, 3000),
                                "block");
        assertThat(n).isEqualTo(3000);
        assertThat(Arrays.copyOfRange(target, 3000, 4000)).containsOnly(PADDING);
    }

    @Test
    void truncatedInputIsRefused() {
        byte[] sample = SeededRandom.text(random, 20_000);
        byte[] compressed = codec().compress(sample);
        for (int i = 0; i < 200; i++) {
            byte[] cut = Arrays.copyOf(compressed, random.nextInt(compressed.length));
            assertThatThrownBy(() -> codec().decompress(cut, sample.length, "block"))
                    .as("cut to %d of %d", cut.length, compressed.length)
                    .isInstanceOf(CorruptFormatException.class)
                    .hasMessageContaining("block");
        }
    }

    @Test
    void aBlockThatWouldNotFitIsRefused() {
        byte[] sample = SeededRandom.text(random, 20_000);
        byte[] compressed = codec().compress(sample);
        for (int size : new int[] {0, 1, 100, 19_999}) {
            assertThatThrownBy(() -> codec().decompress(compressed, size, "block"))
                    .isInstanceOf(CorruptFormatException.class);
        }
        assertThatThrownBy(() -> codec().decompress(compressed, 20_001, "block"))
                .isInstanceOf(CorruptFormatException.class);
    }

    @Test
    void garbageNeverDoesMoreThanBeRefused() {
        byte[] sample = SeededRandom.text(random, 5000);
        byte[] compressed = codec().compress(sample);
        for (int i = 0; i < 2000; i++) {
            byte[] damaged = compressed.clone();
            for (int k = 0; k <= random.nextInt(3); k++) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Throwable thrown =
                    catchThrowable(() -> codec().decompress(damaged, sample.length, "block"));
            assertThat(thrown)
                    .satisfiesAnyOf(
                            t -> assertThat(t).isNull(),
                            t -> assertThat(t).isInstanceOf(CorruptFormatException.class));
        }
    }

    @Test
    void aTargetTooSmallForCompressedDataIsRefused() {
        byte[] sample = SeededRandom.bytes(random, 4096);
        assertThatThrownBy(
                        () ->
                                codec().compress(
                                                MemorySegment.ofArray(sample),
                                                MemorySegment.ofArray(new byte[100])))
                .isInstanceOf(NaiadException.class);
    }

    @Test
    void manyThreadsMayUseOneCodec() throws Exception {
        BlockCodec codec = codec();
        try (var threads = Executors.newFixedThreadPool(4)) {
            var results = new ArrayList<Future<Boolean>>();
            for (int i = 0; i < 100; i++) {
                byte[] sample = SeededRandom.text(random, 1 + random.nextInt(50_000));
                Callable<Boolean> work =
                        () ->
                                Arrays.equals(
                                        codec.decompress(
                                                codec.compress(sample), sample.length, "block"),
                                        sample);
                results.add(threads.submit(work));
            }
            for (Future<Boolean> result : results) {
                assertThat(result.get()).isTrue();
            }
        }
    }
}
