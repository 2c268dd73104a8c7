package dev.naiad.linux;

import java.time.Duration;
import java.util.Optional;

/** A process by descriptor, which cannot come to mean another process. Owns the descriptor. */
public record PidFd(long pid, Fd fd) implements AutoCloseable {
    public static final int SIGHUP = 1;
    public static final int SIGINT = 2;
    public static final int SIGKILL = 9;
    public static final int SIGTERM = 15;

    /** A descriptor of a running process, if there is one. */
    public static Optional<PidFd> open(long pid) {
        long fd = Kernel.call(Syscall.PIDFD_OPEN, pid, 0);
        if (fd == -Errno.ESRCH.number()) {
            return Optional.empty();
        }
        return Optional.of(
                new PidFd(
                        pid,
                        Fd.adopt((int) Kernel.check(fd, "pidfd_open " + pid), "process " + pid)));
    }

    /** Sends a signal; answers whether the process was still there. */
    public boolean signal(int signal) {
        long result = fd.use(n -> Kernel.call(Syscall.PIDFD_SEND_SIGNAL, n, signal, 0, 0));
        if (result == -Errno.ESRCH.number()) {
            return false;
        }
        Kernel.check(result, "signal " + signal + " to process " + pid);
        return true;
    }

    /**
     * Waits until the process has ended (it may still be a zombie); answers whether it did in time.
     * Blocks its thread.
     */
    public boolean awaitEnd(Duration timeout) {
        return Poll.readable(fd, timeout);
    }

    /** Duplicates a descriptor out of the process. Needs the rights of ptrace. */
    public Fd take(int number) {
        long taken = fd.use(n -> Kernel.call(Syscall.PIDFD_GETFD, n, number, 0));
        return Fd.adopt(
                (int) Kernel.check(taken, "pidfd_getfd " + number + " of process " + pid),
                "fd " + number + " of process " + pid);
    }

    @Override
    public void close() {
        fd.close();
    }
}
