package dev.naiad.layers;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream on a thread of its own, a bounded number of blocks ahead, so that receiving,
 * inflating and building overlap. A failure of the source is thrown to the reader in its place.
 * Closing stops the thread and closes the source.
 */
public final class ReadAhead extends InputStream {
    private static final int BLOCK_BYTES = 256 << 10;
    private static final int BLOCKS = 6;
    private static final Block END = new Block(new byte[0], 0);

    private final InputStream source;
    private final BlockingQueue<Block> full = new ArrayBlockingQueue<>(BLOCKS + 2);
    private final BlockingQueue<Block> free = new ArrayBlockingQueue<>(BLOCKS + 2);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread thread;
    private volatile boolean closed;
    private @Nullable Block current;
    private int position;
    private boolean ended;

    /** A buffer and what is in it. */
    private static final class Block {
        private final byte[] bytes;
        private int length;

        Block(byte[] bytes, int length) {
            this.bytes = bytes;
            this.length = length;
        }
    }

    /**
     * @param heavy whether reading costs much of a processor, so that it gets a platform thread
     */
    public ReadAhead(String name, InputStream source, boolean heavy) {
        this.source = source;
        for (int i = 0; i < BLOCKS; i++) {
            free.add(new Block(new byte[BLOCK_BYTES], 0));
        }
        thread =
                heavy
                        ? Thread.ofPlatform().name(name).daemon().unstarted(this::run)
                        : Thread.ofVirtual().name(name).unstarted(this::run);
        thread.start();
    }

    private void run() {
        try (source) {
            while (!closed) {
                Block block = free.take();
                block.length = 0;
                int count = 0;
                while (block.length < BLOCK_BYTES && count >= 0) {
                    count = source.read(block.bytes, block.length, BLOCK_BYTES - block.length);
                    block.length += Math.max(count, 0);
                }
                if (block.length > 0) {
                    full.put(block);
                }
                if (count < 0) {
                    break;
                }
            }
        } catch (Throwable t) {
            failure.set(t);
        }
        while (!closed) {
            try {
                if (full.offer(END, 100, TimeUnit.MILLISECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                if (closed) {
                    return;
                }
            }
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        Block block = current;
        if (block == null) {
            if (ended) {
                return -1;
            }
            block = next();
            if (block == null) {
                ended = true;
                return -1;
            }
        }
        int count = Math.min(length, block.length - position);
        System.arraycopy(block.bytes, position, target, offset, count);
        position += count;
        if (position == block.length) {
            current = null;
            free.add(block);
        }
        return count;
    }

    private @Nullable Block next() throws IOException {
        Block block;
        try {
            block = full.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, "interrupted", e);
        }
        if (block == END) {
            rethrow();
            return null;
        }
        current = block;
        position = 0;
        return block;
    }

    private void rethrow() throws IOException {
        switch (failure.get()) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable t ->
                    throw new NaiadException(ErrorKind.CANCELLED, "reading was ended", t);
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
