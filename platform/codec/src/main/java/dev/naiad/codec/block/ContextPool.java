package dev.naiad.codec.block;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Keeps native contexts for reuse: at most as many as processors, because the work is pure CPU.
 * Those beyond are closed when given back. The last used one comes first, its tables still in the
 * cache.
 */
final class ContextPool<C extends AutoCloseable> {
    private static final int MAX_IDLE = Runtime.getRuntime().availableProcessors();

    private final Supplier<C> make;
    private final java.util.function.Consumer<C> close;
    private final ConcurrentLinkedDeque<C> idle = new ConcurrentLinkedDeque<>();
    private final AtomicInteger idleCount = new AtomicInteger();

    ContextPool(Supplier<C> make, java.util.function.Consumer<C> close) {
        this.make = make;
        this.close = close;
    }

    C take() {
        C context = idle.pollFirst();
        if (context == null) {
            return make.get();
        }
        idleCount.decrementAndGet();
        return context;
    }

    void give(C context) {
        if (idleCount.incrementAndGet() > MAX_IDLE) {
            idleCount.decrementAndGet();
            close.accept(context);
        } else {
            idle.addFirst(context);
        }
    }
}
