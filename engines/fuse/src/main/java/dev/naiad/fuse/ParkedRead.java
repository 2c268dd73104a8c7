package dev.naiad.fuse;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * A READ whose answer comes later, from any thread. The first answer counts; it may come from the
 * server itself, when the reader was killed meanwhile, so answering too late is not an error. The
 * one who holds this must answer in the end: the reader sleeps until then.
 */
public final class ParkedRead {
    /** Where the answers of parked reads go. */
    @FunctionalInterface
    interface Answers {
        /**
         * Has the first answer of a read written.
         *
         * @param maxParts that it has
         * @param answer writes it, and returns what the system call did
         */
        void reply(ParkedRead read, int maxParts, ToLongFunction<ReplyWriter> answer);
    }

    private static final VarHandle ANSWERED;

    static {
        try {
            ANSWERED =
                    MethodHandles.lookup()
                            .findVarHandle(ParkedRead.class, "answered", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Answers answers;
    private final long unique;
    private final long node;
    private final long offset;
    private final int size;
    private final int pid;
    private final long sinceMillis;

    @SuppressWarnings("UnusedVariable") // through ANSWERED
    private volatile boolean answered;

    ParkedRead(
            Answers answers,
            long unique,
            long node,
            long offset,
            int size,
            int pid,
            long sinceMillis) {
        this.answers = answers;
        this.unique = unique;
        this.node = node;
        this.offset = offset;
        this.size = size;
        this.pid = pid;
        this.sinceMillis = sinceMillis;
    }

    public long node() {
        return node;
    }

    public long offset() {
        return offset;
    }

    public int size() {
        return size;
    }

    /** False once somebody answered, which a long wait may look at to give up early. */
    public boolean isOpen() {
        return !(boolean) ANSWERED.getAcquire(this);
    }

    /** Answers with pieces of native memory, which are read during this call only. */
    public void send(List<MemorySegment> parts) {
        long total = 0;
        for (var part : parts) {
            total += part.byteSize();
        }
        if (total > size || parts.size() > ReplyWriter.MAX_PARTS) {
            fail(FuseResult.EIO);
            throw new IllegalStateException(
                    total + " bytes in " + parts.size() + " parts for a read of " + size);
        }
        if (claim()) {
            answers.reply(this, parts.size(), writer -> writer.parts(unique, parts));
        }
    }

    public void fail(int errno) {
        if (claim()) {
            answers.reply(this, 1, writer -> writer.error(unique, errno));
        }
    }

    long unique() {
        return unique;
    }

    int pid() {
        return pid;
    }

    long sinceMillis() {
        return sinceMillis;
    }

    private boolean claim() {
        return ANSWERED.compareAndSet(this, false, true);
    }
}
