package dev.naiad.linux;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Unix stream sockets that carry descriptors (SCM_RIGHTS), which Java's do not. Calls block: use
 * platform threads.
 */
public final class UnixSocket {
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_SNDTIMEO = 21;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int MSG_CTRUNC = 8;
    private static final int MAX_FDS = 64;

    // struct msghdr (64 bit): name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40,
    // flags 48; 56 bytes.
    private static final int MSGHDR = 56;
    // struct cmsghdr: len u64 0, level 8, type 12; data from 16.
    private static final int CMSG_DATA = 16;

    private UnixSocket() {}

    /**
     * Bytes and descriptors that came together; no bytes mean the end. The receiver owns the
     * descriptors.
     */
    public static final class Message {
        private final byte[] bytes;
        private final List<Fd> fds;

        private Message(byte[] bytes, List<Fd> fds) {
            this.bytes = bytes;
            this.fds = List.copyOf(fds);
        }

        /** The bytes. */
        public byte[] bytes() {
            return bytes.clone();
        }

        /** The descriptors. */
        public List<Fd> fds() {
            return fds;
        }
    }

    /** Who is at the other end. */
    public record PeerCredentials(int pid, long uid, long gid) {}

    /** Two connected sockets. */
    public static List<Fd> pair() {
        try (var arena = Arena.ofConfined()) {
            MemorySegment two = arena.allocate(8, 4);
            Kernel.check(
                    Kernel.call(
                            Syscall.SOCKETPAIR,
                            AF_UNIX,
                            SOCK_STREAM | SOCK_CLOEXEC,
                            0,
                            two.address()),
                    "socketpair");
            return List.of(
                    Fd.adopt(two.get(ValueLayout.JAVA_INT, 0), "socketpair"),
                    Fd.adopt(two.get(ValueLayout.JAVA_INT, 4), "socketpair"));
        }
    }

    /** Connects to a socket file. */
    public static Fd connect(RawPath path) {
        Fd socket = socket(path);
        try {
            withAddress(
                    path,
                    (address, length) ->
                            Kernel.check(
                                    Kernel.retry(
                                            () ->
                                                    Kernel.call(
                                                            Syscall.CONNECT,
                                                            socket.number(),
                                                            address,
                                                            length)),
                                    "connect " + path));
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Listens on a new socket file; an old one must be gone. */
    public static Fd listen(RawPath path, int backlog) {
        Fd socket = socket(path);
        try {
            withAddress(
                    path,
                    (address, length) ->
                            Kernel.check(
                                    Kernel.call(Syscall.BIND, socket.number(), address, length),
                                    "bind " + path));
            Kernel.check(Kernel.call(Syscall.LISTEN, socket.number(), backlog), "listen " + path);
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Waits for a connection. */
    public static Fd accept(Fd listener) {
        return listener.use(
                n ->
                        Fd.adopt(
                                (int)
                                        Kernel.check(
                                                Kernel.retry(
                                                        () ->
                                                                Kernel.call(
                                                                        Syscall.ACCEPT4,
                                                                        n,
                                                                        0,
                                                                        0,
                                                                        SOCK_CLOEXEC)),
                                                "accept " + listener.name()),
                                listener.name() + " (accepted)"));
    }

    private static Fd socket(RawPath path) {
        long fd =
                Kernel.check(
                        Kernel.call(Syscall.SOCKET, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
                        "socket");
        return Fd.adopt((int) fd, path.toString());
    }

    private interface AddressCall {
        long with(long address, long length);
    }

    private static void withAddress(RawPath path, AddressCall call) {
        byte[] bytes = path.bytes();
        if (bytes.length > 107) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    path + ": a socket's path has at most 107 bytes, not " + bytes.length);
        }
        try (var arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(110, 8);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
            MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, 2, bytes.length);
            call.with(address.address(), 2L + bytes.length + 1);
        }
    }

    /** From now on a send that the receiver takes nothing of for so long fails with EAGAIN. */
    public static void limitSends(Fd socket, Duration limit) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment timeval = arena.allocate(16, 8);
            timeval.set(ValueLayout.JAVA_LONG, 0, limit.toSeconds());
            timeval.set(ValueLayout.JAVA_LONG, 8, limit.toNanosPart() / 1000);
            Kernel.check(
                    Kernel.call(
                            Syscall.SETSOCKOPT,
                            socket.number(),
                            SOL_SOCKET,
                            SO_SNDTIMEO,
                            timeval.address(),
                            timeval.byteSize(),
                            0),
                    "limit sends of " + socket.name());
        }
    }

    /** Sends bytes (at least one) with descriptors; they stay the caller's. */
    public static void send(Fd socket, byte[] bytes, List<Fd> fds) {
        if (bytes.length == 0 || fds.size() > MAX_FDS) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, socket.name() + ": nothing or too much to send");
        }
        try (var arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(bytes.length);
            MemorySegment.copy(bytes, 0, data, ValueLayout.JAVA_BYTE, 0, bytes.length);
            MemorySegment header = header(arena, data, fds.size());
            MemorySegment control = controlOf(arena, header, fds.size());
            control.set(ValueLayout.JAVA_LONG, 0, CMSG_DATA + 4L * fds.size());
            control.set(ValueLayout.JAVA_INT, 8, SOL_SOCKET);
            control.set(ValueLayout.JAVA_INT, 12, SCM_RIGHTS);
            for (int i = 0; i < fds.size(); i++) {
                control.set(ValueLayout.JAVA_INT, CMSG_DATA + 4L * i, fds.get(i).number());
            }
            long sent =
                    Kernel.check(
                            Kernel.retry(
                                    () ->
                                            Kernel.call(
                                                    Syscall.SENDMSG,
                                                    socket.number(),
                                                    header.address(),
                                                    MSG_NOSIGNAL)),
                            "send " + socket.name());
            if (sent < bytes.length) {
                // The descriptors went with the first byte; the rest is plain.
                socket.writeFully(data.asSlice(sent));
            }
        }
    }

    /** Receives up to {@code maxBytes} bytes and the descriptors that came with them. */
    public static Message receive(Fd socket, int maxBytes) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(Math.max(1, maxBytes));
            MemorySegment header = header(arena, data, MAX_FDS);
            MemorySegment control = controlOf(arena, header, MAX_FDS);
            long n =
                    socket.use(
                            number ->
                                    Kernel.check(
                                            Kernel.retry(
                                                    () ->
                                                            Kernel.call(
                                                                    Syscall.RECVMSG,
                                                                    number,
                                                                    header.address(),
                                                                    MSG_CMSG_CLOEXEC)),
                                            "receive " + socket.name()));
            var fds = new ArrayList<Fd>();
            long controlLength = header.get(ValueLayout.JAVA_LONG, 40);
            if (controlLength >= CMSG_DATA
                    && control.get(ValueLayout.JAVA_INT, 8) == SOL_SOCKET
                    && control.get(ValueLayout.JAVA_INT, 12) == SCM_RIGHTS) {
                long end = Math.min(control.get(ValueLayout.JAVA_LONG, 0), controlLength);
                for (long at = CMSG_DATA; at + 4 <= end; at += 4) {
                    fds.add(
                            Fd.adopt(
                                    control.get(ValueLayout.JAVA_INT, at),
                                    socket.name() + " (received)"));
                }
            }
            if ((header.get(ValueLayout.JAVA_INT, 48) & MSG_CTRUNC) != 0) {
                fds.forEach(Fd::close);
                throw new NaiadException(
                        ErrorKind.RESOURCE_EXHAUSTED,
                        socket.name() + ": too many descriptors came");
            }
            return new Message(data.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE), fds);
        }
    }

    private static MemorySegment header(Arena arena, MemorySegment data, int fds) {
        MemorySegment iovec = arena.allocate(16, 8);
        iovec.set(ValueLayout.JAVA_LONG, 0, data.address());
        iovec.set(ValueLayout.JAVA_LONG, 8, data.byteSize());
        MemorySegment header = arena.allocate(MSGHDR, 8);
        header.set(ValueLayout.JAVA_LONG, 16, iovec.address());
        header.set(ValueLayout.JAVA_LONG, 24, 1);
        header.set(ValueLayout.JAVA_LONG, 40, fds == 0 ? 0 : (CMSG_DATA + 4L * fds + 7) & ~7L);
        return header;
    }

    private static MemorySegment controlOf(Arena arena, MemorySegment header, int fds) {
        MemorySegment control = arena.allocate((CMSG_DATA + 4L * Math.max(1, fds) + 7) & ~7L, 8);
        header.set(ValueLayout.JAVA_LONG, 32, fds == 0 ? 0 : control.address());
        return control;
    }

    /** The process at the other end as it was when it connected. */
    public static PeerCredentials peer(Fd socket) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment ucred = arena.allocate(12, 4);
            MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, 12);
            Kernel.check(
                    Kernel.call(
                            Syscall.GETSOCKOPT,
                            socket.number(),
                            SOL_SOCKET,
                            SO_PEERCRED,
                            ucred.address(),
                            length.address(),
                            0),
                    "peer of " + socket.name());
            return new PeerCredentials(
                    ucred.get(ValueLayout.JAVA_INT, 0),
                    Integer.toUnsignedLong(ucred.get(ValueLayout.JAVA_INT, 4)),
                    Integer.toUnsignedLong(ucred.get(ValueLayout.JAVA_INT, 8)));
        }
    }
}
