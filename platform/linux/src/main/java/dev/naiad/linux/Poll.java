package dev.naiad.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;

/** Waits for descriptors. Blocks its thread: use a platform thread. */
public final class Poll {
    public static final int POLLIN = 1;
    public static final int POLLOUT = 4;
    public static final int POLLERR = 8;
    public static final int POLLHUP = 16;

    private Poll() {}

    /** A descriptor and what is awaited. */
    public record Interest(Fd fd, int events) {}

    /**
     * Waits until something happened; answers the events of each, all 0 after the timeout. A
     * negative timeout waits for ever.
     */
    public static int[] await(List<Interest> interests, Duration timeout) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment fds = arena.allocate(8L * interests.size(), 8);
            MemorySegment time = arena.allocate(16, 8);
            for (int i = 0; i < interests.size(); i++) {
                fds.set(ValueLayout.JAVA_INT, 8L * i, interests.get(i).fd().number());
                fds.set(ValueLayout.JAVA_SHORT, 8L * i + 4, (short) interests.get(i).events());
            }
            long wait = 0;
            if (!timeout.isNegative()) {
                time.set(ValueLayout.JAVA_LONG, 0, timeout.getSeconds());
                time.set(ValueLayout.JAVA_LONG, 8, timeout.getNano());
                wait = time.address();
            }
            // The kernel writes the time left into the timespec, so a repeated call waits no longer
            // in all.
            long timespec = wait;
            Kernel.check(
                    Kernel.retry(
                            () ->
                                    Kernel.call(
                                            Syscall.PPOLL,
                                            fds.address(),
                                            interests.size(),
                                            timespec,
                                            0)),
                    "poll");
            var events = new int[interests.size()];
            for (int i = 0; i < events.length; i++) {
                events[i] = fds.get(ValueLayout.JAVA_SHORT, 8L * i + 6);
            }
            return events;
        }
    }

    /** Whether a descriptor becomes readable (or fails) before the timeout. */
    public static boolean readable(Fd fd, Duration timeout) {
        return await(List.of(new Interest(fd, POLLIN)), timeout)[0] != 0;
    }
}
