package dev.naiad.base.error;

/**
 * Exit codes of programs. The originals know success, failure (1) and, those built on clap, a wrong
 * command line (2).
 */
public final class ExitCode {
    /** Success. */
    public static final int OK = 0;

    /** Something failed. */
    public static final int FAILURE = 1;

    /** The command line is wrong (clap). */
    public static final int USAGE = 2;

    /** Ended by the user, as shells count SIGINT. */
    public static final int INTERRUPTED = 130;

    private ExitCode() {}

    /** The exit code of a program that ends with this failure. */
    public static int of(ErrorKind kind) {
        return switch (kind) {
            case CANCELLED -> INTERRUPTED;
            case INVALID_ARGUMENT,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    PERMISSION_DENIED,
                    UNAUTHENTICATED,
                    RESOURCE_EXHAUSTED,
                    NO_SPACE,
                    FAILED_PRECONDITION,
                    ABORTED,
                    OUT_OF_RANGE,
                    UNIMPLEMENTED,
                    INTERNAL,
                    UNAVAILABLE,
                    DATA_LOSS,
                    DEADLINE_EXCEEDED ->
                    FAILURE;
        };
    }
}
