package dev.naiad.base.error;

import java.util.Optional;

/**
 * What to tell of an {@link OutOfMemoryError}: no bug and no trace, but a bound that only who
 * starts the program can raise.
 */
public final class OutOfMemory {
    private static final int MEBI = 1 << 20;

    private OutOfMemory() {}

    /** What to say when there is no memory for any other words; made while there is some. */
    public static String lastWords() {
        return heap();
    }

    /** Whether the failure or one of its causes is lack of memory; takes none itself. */
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
            return "out of memory: buffers need more; raise their bound with"
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
                + " MiB does not suffice; raise its bound with NAIAD_JAVA_OPTS=-Xmx"
                + (2 * bound)
                + "m";
    }
}
