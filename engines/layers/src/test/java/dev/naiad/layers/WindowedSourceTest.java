package dev.naiad.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowedSourceTest {
    private final byte[] bytes = new byte[10_000];
    private final List<String> requests = new ArrayList<>();
    private final WindowedSource source;

    WindowedSourceTest() {
        new Random(3).nextBytes(bytes);
        source =
                new WindowedSource(
                        new ByteSource() {
                            @Override
                            public long size() {
                                return bytes.length;
                            }

                            @Override
                            public void read(long offset, MemorySegment target) {
                                requests.add(offset + "+" + target.byteSize());
                                MemorySegment.copy(
                                        MemorySegment.ofArray(bytes),
                                        offset,
                                        target,
                                        0,
                                        target.byteSize());
                            }

                            @Override
                            public String name() {
                                return "numbers";
                            }
                        },
                        1000,
                        2);
    }

    @Test
    void smallReadsThatGoForwardAreOneRequestAWindow() {
        for (int at = 0; at < bytes.length; at += 300) {
            int length = Math.min(300, bytes.length - at);
            assertThat(source.readBytes(at, length))
                    .isEqualTo(java.util.Arrays.copyOfRange(bytes, at, at + length));
        }
        assertThat(requests).hasSize(10).startsWith("0+1000", "1000+1000");
    }

    @Test
    void largeReadsGoThroughAndTheLeastRecentWindowIsGivenUp() {
        source.readBytes(0, 5000);
        source.readBytes(10, 10);
        source.readBytes(1010, 10);
        source.readBytes(20, 10);
        source.readBytes(2010, 10); // the window at 1000 goes
        source.readBytes(30, 10);
        source.readBytes(1030, 10);
        assertThat(requests)
                .containsExactly("0+5000", "0+1000", "1000+1000", "2000+1000", "1000+1000");
    }

    @Test
    void whatLiesBeyondTheEndIsRefused() {
        assertThatThrownBy(() -> source.readBytes(9_999, 2))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("beyond the end");
    }
}
