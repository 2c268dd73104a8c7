package dev.naiad.base.error;

/**
 * What kind of failure something is. The kinds follow the gRPC status codes, plus {@link
 * #NO_SPACE}. Each boundary (errno, gRPC status, HTTP status, exit code) maps them in one
 * exhaustive switch.
 *
 * <p>Litmus test: use {@link #UNAVAILABLE} if the caller may retry just this call, {@link #ABORTED}
 * if it must retry a larger transaction, {@link #FAILED_PRECONDITION} if it must not retry before
 * the state of the system was changed.
 */
public enum ErrorKind {
    /** The request is wrong whatever the state of the system. */
    INVALID_ARGUMENT,
    /** The named thing does not exist. */
    NOT_FOUND,
    /** The thing to create exists already. */
    ALREADY_EXISTS,
    /** The caller is known and may not do this. */
    PERMISSION_DENIED,
    /** The caller is not known. */
    UNAUTHENTICATED,
    /** A quota or budget is used up. */
    RESOURCE_EXHAUSTED,
    /** A disk is full. */
    NO_SPACE,
    /** The system is not in the state the operation needs. */
    FAILED_PRECONDITION,
    /** The operation was overtaken by another. */
    ABORTED,
    /** The position lies outside the valid range. */
    OUT_OF_RANGE,
    /** Not built, or not supported here. */
    UNIMPLEMENTED,
    /** An invariant is broken. */
    INTERNAL,
    /** A service cannot be reached now; retry may help. */
    UNAVAILABLE,
    /** Data is lost or corrupt. */
    DATA_LOSS,
    /** Time ran out. */
    DEADLINE_EXCEEDED,
    /** The caller gave up. */
    CANCELLED
}
