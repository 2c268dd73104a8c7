package dev.naiad.dfdaemon.piece;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Direct buffers that transfers use in turn, because memory outside the heap is freed only when the
 * garbage collector happens to run. Safe for many threads.
 */
public final class TransferBuffers {
    private static final int SIZE = 256 << 10;
    private static final int KEPT = 32;

    private final ConcurrentLinkedQueue<ByteBuffer> idle = new ConcurrentLinkedQueue<>();

    ByteBuffer take() {
        ByteBuffer buffer = idle.poll();
        return buffer == null ? ByteBuffer.allocateDirect(SIZE) : buffer;
    }

    void give(ByteBuffer buffer) {
        if (idle.size() < KEPT) {
            idle.add(buffer);
        }
    }
}
