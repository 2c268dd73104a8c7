package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.Errno;
import dev.naiad.linux.raw.RawIo;
import dev.naiad.linux.raw.WakeSignal;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * One thread's loop: read a request, have it answered, again. All memory is allocated once; a
 * request allocates nothing here.
 *
 * <p>The layout of the output buffer is page-aligned payload; headers lie elsewhere and join in
 * writev.
 */
final class FuseWorker implements Runnable {
    /**
     * Requests are small on a read-only mount; the kernel demands max_write + 80, at least 8192.
     */
    private static final int IN_BYTES = 64 << 10;

    private static final int PAGE = 4096;
    private static final int LIST_MAX = 64 << 10;

    private final FuseConnection connection;
    private final FuseFileSystem fs;
    private final Handshake handshake;
    private final ParkedReads parked;
    private final RequestFailures failures;
    private final ServingEnd ending;
    private final InstantSource clock;
    private final MemorySegment in;
    private final MemorySegment out;
    private final RawIo io;
    private final ReplyWriter writer;
    private final FuseName name;
    private final EntryOut entry;
    private final AttrOut attr;
    private final DataOut data;
    private final DirOut dir;
    private final OpenOut opened = new OpenOut();
    private final StatfsOut statfs;
    private final ReadReply reading;

    private volatile int threadId;
    // What the worker is busy with, for the list of requests in flight; unique 0 is none.
    private volatile long busyUnique;
    private volatile long busyNode;
    private volatile int busyOpcode;
    private volatile long busySinceMillis;

    FuseWorker(
            FuseConnection connection,
            FuseFileSystem fs,
            Handshake handshake,
            ParkedReads parked,
            RequestFailures failures,
            ServingEnd ending,
            InstantSource clock,
            Arena arena) {
        this.connection = connection;
        this.fs = fs;
        this.handshake = handshake;
        this.parked = parked;
        this.failures = failures;
        this.ending = ending;
        this.clock = clock;
        this.in = arena.allocate(IN_BYTES, PAGE);
        this.out = arena.allocate(Handshake.MAX_READ, PAGE);
        this.writer = new ReplyWriter(connection.fd(), arena, ReplyWriter.MAX_PARTS);
        this.io = writer.io();
        this.name = new FuseName(in);
        this.entry = new EntryOut(out);
        this.attr = new AttrOut(out);
        this.data = new DataOut(out, 0, Handshake.MAX_READ);
        this.dir = new DirOut(out, 0, Handshake.MAX_READ);
        this.statfs = new StatfsOut(out, 0);
        this.reading = new ReadReply(parked, failures, writer);
    }

    /** The kernel's number of the thread that runs this, 0 before it runs. */
    int threadId() {
        return threadId;
    }

    @Nullable BusyRequest busy() {
        long unique = busyUnique;
        return unique == 0 ? null : new BusyRequest(busyNode, busyOpcode, unique, busySinceMillis);
    }

    @Override
    public void run() {
        threadId = WakeSignal.currentThreadId();
        while (!ending.isStopping()) {
            long length = io.read(connection.fd(), in.address(), IN_BYTES);
            if (length >= FuseWire.IN_HEADER) {
                handle(length);
            } else if (length >= 0) {
                ending.failed("a request of " + length + " bytes");
                return;
            } else if (!mayGoOn((int) -length)) {
                return;
            }
        }
    }

    private boolean mayGoOn(int errno) {
        return switch (errno) {
            // ENOENT: the request was withdrawn while it was being copied.
            case FuseResult.EINTR, FuseResult.EAGAIN, FuseResult.ENOENT -> true;
            case FuseResult.ENODEV, FuseResult.ECONNABORTED -> {
                ending.unmounted();
                yield false;
            }
            default -> {
                ending.failed("reading /dev/fuse: errno " + errno);
                yield false;
            }
        };
    }

    private void handle(long length) {
        long unique = in.get(JAVA_LONG, FuseWire.IN_UNIQUE);
        long node = in.get(JAVA_LONG, FuseWire.IN_NODE);
        int opcode = in.get(JAVA_INT, FuseWire.IN_OPCODE);
        long end = Math.min(length, Integer.toUnsignedLong(in.get(JAVA_INT, FuseWire.IN_LENGTH)));
        busyNode = node;
        busyOpcode = opcode;
        busySinceMillis = clock.millis();
        busyUnique = unique;
        try {
            dispatch(opcode, unique, node, end);
        } catch (NaiadException e) {
            failures.requestFailed(opcode, node, e);
            answerOnce(opcode, unique, Errno.of(e.kind()).number());
        } catch (Throwable t) {
            // Also errors: InternalError is what a mapped file that shrank looks like. A request
            // without an answer would hang its process for ever.
            failures.requestFailed(opcode, node, t);
            answerOnce(opcode, unique, FuseResult.EIO);
        } finally {
            busyUnique = 0;
        }
    }

    private void dispatch(int opcode, long unique, long node, long end) {
        switch (opcode) {
            case FuseWire.LOOKUP -> lookup(unique, node, end);
            case FuseWire.GETATTR -> getattr(unique, node);
            case FuseWire.READ -> read(unique, node);
            case FuseWire.READDIR, FuseWire.READDIRPLUS ->
                    readdir(unique, node, opcode == FuseWire.READDIRPLUS);
            case FuseWire.OPEN -> open(unique, node);
            case FuseWire.OPENDIR -> opendir(unique, node);
            case FuseWire.GETXATTR -> getxattr(unique, node, end);
            case FuseWire.LISTXATTR -> listxattr(unique, node);
            case FuseWire.READLINK -> readlink(unique, node);
            case FuseWire.STATFS -> {
                out.asSlice(0, FuseWire.STATFS_OUT).fill((byte) 0);
                reply(unique, fs.statfs(node, statfs), FuseWire.STATFS_OUT);
            }
            case FuseWire.ACCESS ->
                    error(unique, fs.access(node, in.get(JAVA_INT, FuseWire.IN_HEADER)));
            case FuseWire.RELEASE -> {
                fs.release(node);
                error(unique, 0);
            }
            case FuseWire.RELEASEDIR -> {
                fs.releasedir(node);
                error(unique, 0);
            }
            case FuseWire.FORGET -> fs.forget(node, in.get(JAVA_LONG, FuseWire.IN_HEADER));
            case FuseWire.BATCH_FORGET -> batchForget(end);
            case FuseWire.INTERRUPT -> interrupt(unique);
            case FuseWire.INIT -> init(unique);
            case FuseWire.LSEEK -> lseek(unique, node);
            case FuseWire.DESTROY -> error(unique, 0);
            case FuseWire.SETATTR,
                    FuseWire.SYMLINK,
                    FuseWire.MKNOD,
                    FuseWire.MKDIR,
                    FuseWire.UNLINK,
                    FuseWire.RMDIR,
                    FuseWire.RENAME,
                    FuseWire.RENAME2,
                    FuseWire.LINK,
                    FuseWire.WRITE,
                    FuseWire.SETXATTR,
                    FuseWire.REMOVEXATTR,
                    FuseWire.CREATE,
                    FuseWire.TMPFILE,
                    FuseWire.FALLOCATE,
                    FuseWire.COPY_FILE_RANGE ->
                    error(unique, FuseResult.EROFS);
            default ->
                    // FLUSH, FSYNC, IOCTL, STATX, POLL, BMAP and what comes later: the kernel does
                    // without, and does not ask again.
                    error(unique, FuseResult.ENOSYS);
        }
    }

    private void lookup(long unique, long parent, long end) {
        if (!name.set(FuseWire.IN_HEADER, end)) {
            error(unique, FuseResult.EINVAL);
            return;
        }
        out.asSlice(0, FuseWire.ENTRY_OUT).fill((byte) 0);
        entry.place(0);
        reply(unique, fs.lookup(parent, name, entry), FuseWire.ENTRY_OUT);
    }

    private void getattr(long unique, long node) {
        out.asSlice(0, FuseWire.ATTR_OUT).fill((byte) 0);
        attr.place(FuseWire.ATTR_OUT_ATTR, 0);
        reply(unique, fs.getattr(node, attr), FuseWire.ATTR_OUT);
    }

    private void read(long unique, long node) {
        long offset = in.get(JAVA_LONG, FuseWire.IN_HEADER + 8);
        int size = in.get(JAVA_INT, FuseWire.IN_HEADER + 16);
        if (offset < 0 || size < 0 || size > Handshake.MAX_READ) {
            error(unique, FuseResult.EINVAL);
            return;
        }
        reading.reset(unique, node, offset, size, in.get(JAVA_INT, FuseWire.IN_PID));
        int errno = fs.read(node, offset, size, reading);
        if (!reading.isDone()) {
            if (errno == 0) {
                throw new IllegalStateException("a read was neither answered nor parked");
            }
            reading.fail(errno);
        }
    }

    private void readdir(long unique, long node, boolean plus) {
        long offset = in.get(JAVA_LONG, FuseWire.IN_HEADER + 8);
        dir.reset(in.get(JAVA_INT, FuseWire.IN_HEADER + 16), plus);
        int errno = fs.readdir(node, offset, dir);
        reply(unique, errno, dir.length());
    }

    private void open(long unique, long node) {
        if (handshake.isNoOpen()) {
            error(unique, FuseResult.ENOSYS);
            return;
        }
        opened.reset();
        replyOpened(unique, fs.open(node, in.get(JAVA_INT, FuseWire.IN_HEADER), opened));
    }

    private void opendir(long unique, long node) {
        opened.reset();
        replyOpened(unique, fs.opendir(node, opened));
    }

    private void replyOpened(long unique, int errno) {
        out.set(JAVA_LONG_UNALIGNED, 0, opened.handle());
        out.set(JAVA_LONG_UNALIGNED, 8, 0);
        out.set(JAVA_INT, 8, opened.flags());
        reply(unique, errno, 16);
    }

    private void readlink(long unique, long node) {
        data.reset();
        int errno = fs.readlink(node, data);
        reply(unique, errno, Math.min(data.length(), PAGE - 1));
    }

    private void getxattr(long unique, long node, long end) {
        if (!name.set(FuseWire.IN_HEADER + 8, end)) {
            error(unique, FuseResult.EINVAL);
            return;
        }
        data.reset();
        replyXattr(unique, fs.getxattr(node, name, data));
    }

    private void listxattr(long unique, long node) {
        data.reset();
        replyXattr(unique, fs.listxattr(node, data));
    }

    /** Size 0 asks for the length; a buffer that is too short is ERANGE. */
    private void replyXattr(long unique, int errno) {
        long wanted = Integer.toUnsignedLong(in.get(JAVA_INT, FuseWire.IN_HEADER));
        int length = data.length();
        if (errno != 0) {
            error(unique, errno);
        } else if (data.overflow() || length > LIST_MAX) {
            error(unique, FuseResult.E2BIG);
        } else if (wanted == 0) {
            out.set(JAVA_LONG, 0, length);
            reply(unique, 0, 8);
        } else if (length > wanted) {
            error(unique, FuseResult.ERANGE);
        } else {
            reply(unique, 0, length);
        }
    }

    /** Holes are not told apart from zeros: everything is data up to the end. */
    private void lseek(long unique, long node) {
        long offset = in.get(JAVA_LONG, FuseWire.IN_HEADER + 8);
        int whence = in.get(JAVA_INT, FuseWire.IN_HEADER + 16);
        out.asSlice(0, FuseWire.ATTR_OUT).fill((byte) 0);
        attr.place(FuseWire.ATTR_OUT_ATTR, 0);
        int errno = fs.getattr(node, attr);
        long size = attr.size();
        if (errno != 0) {
            error(unique, errno);
        } else if (whence != 3 && whence != 4) { // SEEK_DATA, SEEK_HOLE
            error(unique, FuseResult.EINVAL);
        } else if (offset < 0 || offset >= size) {
            error(unique, FuseResult.ENXIO);
        } else {
            out.set(JAVA_LONG, 0, whence == 3 ? offset : size);
            reply(unique, 0, 8);
        }
    }

    private void batchForget(long end) {
        long count = Integer.toUnsignedLong(in.get(JAVA_INT, FuseWire.IN_HEADER));
        long at = FuseWire.IN_HEADER + 8L;
        for (long i = 0; i < count && at + 16 <= end; i++, at += 16) {
            fs.forget(in.get(JAVA_LONG, at), in.get(JAVA_LONG, at + 8));
        }
    }

    private void interrupt(long unique) {
        if (!parked.interrupt(in.get(JAVA_LONG, FuseWire.IN_HEADER))) {
            // Either it is answered, then the kernel does not find it any more and drops this; or
            // another worker is about to park it, then the kernel interrupts again.
            failures.written(writer.error(unique, FuseResult.EAGAIN), writer, unique);
        }
    }

    private void init(long unique) {
        int length = handshake.negotiate(in, out);
        if (length < 0) {
            error(unique, FuseResult.EPROTO);
            return;
        }
        reply(unique, 0, length);
        handshake.negotiated();
    }

    private void reply(long unique, int errno, int length) {
        long result =
                errno != 0 ? writer.error(unique, errno) : writer.data(unique, out, 0, length);
        failures.written(result, writer, unique);
    }

    private void error(long unique, int errno) {
        failures.written(writer.error(unique, errno), writer, unique);
    }

    private void answerOnce(int opcode, long unique, int errno) {
        if (opcode == FuseWire.READ && reading.isDone()) {
            return;
        }
        if (opcode == FuseWire.FORGET
                || opcode == FuseWire.BATCH_FORGET
                || opcode == FuseWire.INTERRUPT) {
            return;
        }
        error(unique, errno);
    }
}
