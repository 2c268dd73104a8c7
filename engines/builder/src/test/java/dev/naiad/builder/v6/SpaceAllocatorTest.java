package dev.naiad.builder.v6;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.SeededRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Places are those that looking at one size of gap after the other finds. */
final class SpaceAllocatorTest {
    private static final int SLOT = 32;

    /** The rule, written as it is told. */
    private static final class Plain {
        private final int block;
        private final List<ArrayDeque<Long>> gaps = new ArrayList<>();
        private long next = 4096;

        Plain(int block) {
            this.block = block;
            for (int i = 0; i < 128; i++) {
                gaps.add(new ArrayDeque<>());
            }
        }

        long place(int kind, long size) {
            return switch (kind) {
                case 0 -> {
                    long gap = gap(size);
                    yield gap >= 0 ? gap : end(size);
                }
                case 1 -> {
                    long gap = gap(size);
                    if (gap < 0 && block - next % block < size) {
                        toBlock();
                    }
                    yield gap >= 0 ? gap : end(size);
                }
                case 2 -> end(size);
                default -> {
                    toBlock();
                    long at = next;
                    next = SpaceAllocator.align(next + size, block);
                    yield at;
                }
            };
        }

        private long end(long size) {
            long at = next;
            next = SpaceAllocator.align(next + size, SLOT);
            return at;
        }

        private void toBlock() {
            keep(next);
            next = SpaceAllocator.align(next, block);
        }

        private long gap(long size) {
            for (int i = (int) ((size + SLOT - 1) / SLOT); size < block && i < block / SLOT; i++) {
                Long start = gaps.get(i).poll();
                if (start != null) {
                    keep(start + block - (long) SLOT * i + SpaceAllocator.align(size, SLOT));
                    return start + block - (long) SLOT * i;
                }
            }
            return -1;
        }

        private void keep(long at) {
            if (at % block != 0) {
                gaps.get((int) (block - at % block) / SLOT).add(at - at % block);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096})
    void everyRequestGetsTheOldestOfTheSmallestGapsThatDo(int block) {
        var random = SeededRandom.create("SpaceAllocatorTest");
        for (int round = 0; round < 30; round++) {
            var space = new SpaceAllocator(block, 4096);
            var plain = new Plain(block);
            int largest = random.nextBoolean() ? block + 40 : 200;
            for (int step = 0; step < 3000; step++) {
                int kind = random.nextInt(100) < 90 ? random.nextInt(2) : 2 + random.nextInt(2);
                long size = 1L + random.nextInt(kind == 1 ? Math.min(largest, block) : largest);
                long at =
                        switch (kind) {
                            case 0 -> space.anywhere(size);
                            case 1 -> space.insideBlock(size);
                            case 2 -> space.append(size);
                            default -> space.blocks(size);
                        };
                assertThat(at).isEqualTo(plain.place(kind, size));
                assertThat(space.end()).isEqualTo(plain.next);
            }
        }
    }
}
