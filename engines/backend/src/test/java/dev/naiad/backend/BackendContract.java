package dev.naiad.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every backend does, whatever is behind it. */
public abstract class BackendContract {
    protected static final byte[] CONTENT = content();
    protected static final String BLOB = Digest.sha256Of(CONTENT).hex();

    private static byte[] content() {
        byte[] bytes = new byte[3_000_001];
        new Random(5).nextBytes(bytes);
        return bytes;
    }

    /** A backend that has {@link #CONTENT} as {@link #BLOB} and nothing else. */
    protected abstract Backend open() throws Exception;

    private static Deadline soon() {
        return Deadline.after(Duration.ofSeconds(60));
    }

    @Test
    void sizeIsKnown() throws Exception {
        try (var backend = open()) {
            assertThat(backend.size(BLOB, soon())).isEqualTo(CONTENT.length);
        }
    }

    @Test
    void rangesFillNativeAndHeapTargets() throws Exception {
        int[][] ranges = {
            {0, 1}, {0, 4096}, {4095, 70_000}, {CONTENT.length - 1, 1}, {0, CONTENT.length}
        };
        try (var backend = open();
                var arena = Arena.ofConfined()) {
            for (int[] range : ranges) {
                byte[] wanted = Arrays.copyOfRange(CONTENT, range[0], range[0] + range[1]);
                MemorySegment target = arena.allocate(range[1]);
                backend.read(BLOB, range[0], target, ReadPriority.USER, soon());
                assertThat(target.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(wanted);
                byte[] heap = new byte[range[1]];
                backend.read(
                        BLOB, range[0], MemorySegment.ofArray(heap), ReadPriority.PREFETCH, soon());
                assertThat(heap).isEqualTo(wanted);
            }
            assertThat(backend.metrics().readErrors()).isZero();
            assertThat(backend.metrics().readCount()).isEqualTo(ranges.length * 2L);
        }
    }

    @Test
    void emptyRangeAsksForNothing() throws Exception {
        try (var backend = open()) {
            backend.read(BLOB, 7, MemorySegment.ofArray(new byte[0]), ReadPriority.USER, soon());
        }
    }

    @Test
    void rangeBehindTheEndIsAnError() throws Exception {
        try (var backend = open()) {
            var target = MemorySegment.ofArray(new byte[100]);
            assertThatThrownBy(
                            () ->
                                    backend.read(
                                            BLOB,
                                            CONTENT.length + 10L,
                                            target,
                                            ReadPriority.PREFETCH,
                                            soon()))
                    .isInstanceOf(NaiadException.class);
            assertThatThrownBy(
                            () ->
                                    backend.read(
                                            BLOB,
                                            CONTENT.length - 50L,
                                            target,
                                            ReadPriority.PREFETCH,
                                            soon()))
                    .isInstanceOf(NaiadException.class);
        }
    }

    @Test
    void unknownBlobIsNotFoundAndNamed() throws Exception {
        String unknown = "0".repeat(64);
        try (var backend = open()) {
            assertThatThrownBy(
                            () ->
                                    backend.read(
                                            unknown,
                                            0,
                                            MemorySegment.ofArray(new byte[1]),
                                            ReadPriority.USER,
                                            soon()))
                    .isInstanceOfSatisfying(
                            NaiadException.class,
                            e -> {
                                assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND);
                                assertThat(e.what()).contains(unknown);
                            });
        }
    }

    @Test
    void streamsFromAnyOffset() throws Exception {
        try (var backend = open()) {
            for (int offset : new int[] {0, 1, CONTENT.length - 1}) {
                try (InputStream in = backend.stream(BLOB, offset, ReadPriority.USER, soon())) {
                    assertThat(in.readAllBytes())
                            .isEqualTo(Arrays.copyOfRange(CONTENT, offset, CONTENT.length));
                }
            }
        }
    }

    @Test
    void manyReadersAtOnceGetTheirOwnBytes() throws Exception {
        try (var backend = open()) {
            var threads = new java.util.ArrayList<Thread>();
            var wrong = new java.util.concurrent.atomic.AtomicInteger();
            for (int i = 0; i < 40; i++) {
                int offset = i * 60_000;
                threads.add(
                        Thread.ofVirtual()
                                .start(
                                        () -> {
                                            byte[] got = new byte[60_000];
                                            try {
                                                backend.read(
                                                        BLOB,
                                                        offset,
                                                        MemorySegment.ofArray(got),
                                                        ReadPriority.USER,
                                                        soon());
                                            } catch (NaiadException e) {
                                                wrong.incrementAndGet();
                                            }
                                            if (!Arrays.equals(
                                                    got,
                                                    Arrays.copyOfRange(
                                                            CONTENT, offset, offset + 60_000))) {
                                                wrong.incrementAndGet();
                                            }
                                        }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(wrong).hasValue(0);
        }
    }
}
