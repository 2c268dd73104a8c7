package dev.naiad.scheduler.resource;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.random.RandomGenerator;

/**
 * Walks a list in an order that changes from walk to walk, without copying it: a random start and a
 * random stride that shares no divisor with the length. The list must not change meanwhile.
 */
final class RandomWalk<T> implements Iterable<T> {
    private final List<T> list;
    private final int start;
    private final long stride;

    RandomWalk(List<T> list, RandomGenerator random) {
        this.list = list;
        int n = list.size();
        start = n == 0 ? 0 : random.nextInt(n);
        int step = n < 3 ? 1 : 1 + random.nextInt(n - 1);
        while (n > 0 && gcd(step, n) != 1) {
            step = step % n + 1;
        }
        stride = step;
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    @Override
    public Iterator<T> iterator() {
        return new Iterator<>() {
            private int seen;

            @Override
            public boolean hasNext() {
                return seen < list.size();
            }

            @Override
            public T next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return list.get((int) ((start + stride * seen++) % list.size()));
            }
        };
    }
}
