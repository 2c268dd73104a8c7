package dev.naiad.net.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;

/**
 * The mapping between error kinds and gRPC statuses. UNAVAILABLE: repeat this call. ABORTED: repeat
 * the larger operation. FAILED_PRECONDITION: do not repeat until somebody has changed the state.
 */
public final class GrpcStatus {
    private GrpcStatus() {}

    public static Status of(ErrorKind kind) {
        return switch (kind) {
            case INVALID_ARGUMENT -> Status.INVALID_ARGUMENT;
            case NOT_FOUND -> Status.NOT_FOUND;
            case ALREADY_EXISTS -> Status.ALREADY_EXISTS;
            case PERMISSION_DENIED -> Status.PERMISSION_DENIED;
            case UNAUTHENTICATED -> Status.UNAUTHENTICATED;
            case RESOURCE_EXHAUSTED, NO_SPACE -> Status.RESOURCE_EXHAUSTED;
            case FAILED_PRECONDITION -> Status.FAILED_PRECONDITION;
            case ABORTED -> Status.ABORTED;
            case OUT_OF_RANGE -> Status.OUT_OF_RANGE;
            case UNIMPLEMENTED -> Status.UNIMPLEMENTED;
            case INTERNAL -> Status.INTERNAL;
            case UNAVAILABLE -> Status.UNAVAILABLE;
            case DATA_LOSS -> Status.DATA_LOSS;
            case DEADLINE_EXCEEDED -> Status.DEADLINE_EXCEEDED;
            case CANCELLED -> Status.CANCELLED;
        };
    }

    /** The status of any failure of a handler, with its message. */
    public static Status of(Throwable failure) {
        return switch (failure) {
            case NaiadException e -> of(e.kind()).withDescription(e.getMessage()).withCause(e);
            case StatusRuntimeException e -> e.getStatus();
            case StatusException e -> e.getStatus();
            case InterruptedException e ->
                    Status.CANCELLED.withDescription("interrupted").withCause(e);
            default -> Status.INTERNAL.withDescription(failure.toString()).withCause(failure);
        };
    }

    public static ErrorKind kindOf(Status status) {
        return switch (status.getCode()) {
            case INVALID_ARGUMENT -> ErrorKind.INVALID_ARGUMENT;
            case NOT_FOUND -> ErrorKind.NOT_FOUND;
            case ALREADY_EXISTS -> ErrorKind.ALREADY_EXISTS;
            case PERMISSION_DENIED -> ErrorKind.PERMISSION_DENIED;
            case UNAUTHENTICATED -> ErrorKind.UNAUTHENTICATED;
            case RESOURCE_EXHAUSTED -> ErrorKind.RESOURCE_EXHAUSTED;
            case FAILED_PRECONDITION -> ErrorKind.FAILED_PRECONDITION;
            case ABORTED -> ErrorKind.ABORTED;
            case OUT_OF_RANGE -> ErrorKind.OUT_OF_RANGE;
            case UNIMPLEMENTED -> ErrorKind.UNIMPLEMENTED;
            case OK, UNKNOWN, INTERNAL -> ErrorKind.INTERNAL;
            case UNAVAILABLE -> ErrorKind.UNAVAILABLE;
            case DATA_LOSS -> ErrorKind.DATA_LOSS;
            case DEADLINE_EXCEEDED -> ErrorKind.DEADLINE_EXCEEDED;
            case CANCELLED -> ErrorKind.CANCELLED;
        };
    }

    /**
     * A client's failure as ours.
     *
     * @param what the call and its server, in words
     */
    public static NaiadException toException(String what, Status status) {
        String text = status.getDescription();
        return new NaiadException(
                kindOf(status),
                what + ": " + (text == null || text.isEmpty() ? status.getCode().name() : text),
                status.getCause());
    }

    public static NaiadException toException(String what, StatusRuntimeException failure) {
        String text = failure.getStatus().getDescription();
        return new NaiadException(
                kindOf(failure.getStatus()),
                what
                        + ": "
                        + (text == null || text.isEmpty()
                                ? failure.getStatus().getCode().name()
                                : text),
                failure);
    }
}
