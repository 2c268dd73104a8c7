package dev.naiad.linux;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * Works on files with the rights of another user, so that the kernel decides what that user may do.
 * A file server's way: each call runs on a thread of its own whose file system user and groups are
 * those of the user, which also takes away root's power to pass over permissions. Files that are
 * made belong to the user.
 */
public final class FileRights {
    private final long uid;
    private final long gid;

    /** The rights of a user and its one group; further groups of the user do not count. */
    public FileRights(long uid, long gid) {
        this.uid = uid;
        this.gid = gid;
    }

    /**
     * Runs {@code work} with these rights and waits for it. Keep it to a few system calls.
     *
     * @throws NaiadException PERMISSION_DENIED if this process may not take other users' rights
     */
    public <T> T call(Supplier<T> work) {
        var task =
                new FutureTask<>(
                        () -> {
                            take();
                            return work.get();
                        });
        // The thread ends with its work, and never has its own rights back.
        Thread.ofPlatform().name("files-of-" + uid).daemon().start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw Kernel.unexpected(e.getCause() == null ? e : e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Straight to the kernel, which changes this thread only; libc would change all of them. */
    private void take() {
        try (var arena = Arena.ofConfined()) {
            MemorySegment group = arena.allocateFrom(ValueLayout.JAVA_INT, (int) gid);
            Kernel.check(
                    Kernel.call(Syscall.SETGROUPS, 1, group.address()), "take groups of " + uid);
        }
        Kernel.call(Syscall.SETFSGID, gid);
        Kernel.call(Syscall.SETFSUID, uid);
        // Neither tells of a failure; asking for an impossible id answers the present one.
        boolean taken =
                (Kernel.call(Syscall.SETFSGID, -1) & 0xffffffffL) == gid
                        && (Kernel.call(Syscall.SETFSUID, -1) & 0xffffffffL) == uid;
        if (!taken) {
            throw new NaiadException(
                    ErrorKind.PERMISSION_DENIED, "this process may not act as user " + uid);
        }
    }
}
