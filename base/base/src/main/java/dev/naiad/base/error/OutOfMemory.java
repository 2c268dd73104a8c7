package dev.naiad.base.error;

import java.util.Optional;

/**
 * What to say about an {@link OutOfMemoryError}: not a bug with a stack trace, but a limit that
 * only the user who starts the program can raise.
 */
public final class OutOfMemory {
    private static final int MEBI = 1 << 20;

    private OutOfMemory() {}

    /** The message for when there is no memory to build another; allocated up front. */
    public static String lastWords() {
        return heap();
    }

    /** Whether the failure or one of its causes is lack of memory; allocates nothing. */
    public static boolean is(Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof OutOfMemoryError) {
                return true;
            }
        }
        return false;
    }

    /** One line, if the failure or one of its causes is lack of memory. */
    public static Optional<String> message(Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof OutOfMemoryError e) {
                return Optional.of(message(String.valueOf(e.getMessage())));
            }
        }
        return Optional.empty();
    }

    private static String message(String jvm) {
        if (jvm.contains("direct buffer")) {
            return "out of memory: buffers need more; raise the limit with"
                    + " NAIAD_JAVA_OPTS=-XX:MaxDirectMemorySize=SIZE ("
                    + jvm
                    + ")";
        }
        if (jvm.contains("heap") || jvm.contains("array size") || jvm.contains("GC overhead")) {
            return heap();
        }
        return "out of memory: the machine, or the limit of this program, has no more ("
                + jvm
                + ")";
    }

    private static String heap() {
        long bound = Runtime.getRuntime().maxMemory() / MEBI;
        return "out of memory: a heap of "
                + bound
                + " MiB is too small; raise the limit with NAIAD_JAVA_OPTS=-Xmx"
                + (2 * bound)
                + "m";
    }
}
