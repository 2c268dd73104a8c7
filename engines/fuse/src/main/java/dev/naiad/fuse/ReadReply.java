package dev.naiad.fuse;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The answer to one READ, to be given exactly once: at once by {@link #send}, {@link #sendEnd} or
 * {@link #fail}, or later through what {@link #park} returns. Fewer bytes than asked for mean the
 * end of the file: a file system that could not get the rest must fail instead.
 *
 * <p>The worker's flyweight: not to be kept beyond the call, and not for other threads.
 */
public final class ReadReply {
    private final ParkedReads parked;
    private final RequestFailures failures;
    private final ReplyWriter writer;
    private long unique;
    private long node;
    private long offset;
    private int size;
    private int pid;
    private boolean done;

    ReadReply(ParkedReads parked, RequestFailures failures, ReplyWriter writer) {
        this.parked = parked;
        this.failures = failures;
        this.writer = writer;
    }

    void reset(long newUnique, long newNode, long newOffset, int newSize, int newPid) {
        unique = newUnique;
        node = newNode;
        offset = newOffset;
        size = newSize;
        pid = newPid;
        done = false;
    }

    boolean isDone() {
        return done;
    }

    /** Answers with these pieces of native memory one after another, without copying them. */
    public void send(List<MemorySegment> parts) {
        once();
        long total = 0;
        for (int i = 0; i < parts.size(); i++) {
            total += parts.get(i).byteSize();
        }
        checkLength(total);
        failures.written(writer.parts(unique, parts), writer, unique);
    }

    /** Answers with nothing: the offset is at or behind the end. */
    public void sendEnd() {
        once();
        failures.written(writer.error(unique, 0), writer, unique);
    }

    public void fail(int errno) {
        once();
        failures.written(writer.error(unique, errno), writer, unique);
    }

    /** Leaves the answer to another thread; the worker goes on with the next request. */
    public ParkedRead park() {
        once();
        return parked.park(unique, node, offset, size, pid);
    }

    private void once() {
        if (done) {
            throw new IllegalStateException(
                    "read " + Long.toUnsignedString(unique) + " is answered twice");
        }
        done = true;
    }

    private void checkLength(long length) {
        if (length > size) {
            // Too much would be refused by the kernel, and the reader would wait for ever.
            failures.written(writer.error(unique, FuseResult.EIO), writer, unique);
            throw new IllegalStateException(length + " bytes for a read of " + size);
        }
    }
}
