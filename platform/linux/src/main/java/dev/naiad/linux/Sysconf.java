package dev.naiad.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/** Constants of the system. */
public final class Sysconf {
    private static final int SC_CLOCK_TICKS = 2;
    private static final int SC_PAGE_SIZE = 30;

    private static final class Libc {
        static final MethodHandle SYSCONF =
                Kernel.plainFunction("sysconf", FunctionDescriptor.of(JAVA_LONG, JAVA_INT));
    }

    private Sysconf() {}

    /** The size of a page in bytes. */
    public static int pageSize() {
        return (int) value(SC_PAGE_SIZE);
    }

    /** Ticks a second in /proc/PID/stat. */
    public static int clockTicks() {
        return (int) value(SC_CLOCK_TICKS);
    }

    private static long value(int name) {
        try {
            return (long) Libc.SYSCONF.invokeExact(name);
        } catch (Throwable t) {
            throw Kernel.unexpected(t);
        }
    }
}
