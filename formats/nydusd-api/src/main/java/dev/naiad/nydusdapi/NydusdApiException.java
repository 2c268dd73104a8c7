package dev.naiad.nydusdapi;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/**
 * The daemon answered, and the answer is an error. A daemon that cannot be reached is a plain
 * UNAVAILABLE.
 */
public final class NydusdApiException extends NaiadException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;
    private final String detail;

    public NydusdApiException(String request, int status, String code, String detail) {
        super(kindOf(status, detail), request + ": HTTP " + status + " " + code + ": " + detail);
        this.status = status;
        this.code = code;
        this.detail = detail;
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    /** {@code code} of the error body; {@code UNDEFINED} in all that are known. */
    public String code() {
        return code;
    }

    /** {@code message} of the error body, as the daemon worded it. */
    public String detail() {
        return detail;
    }

    private static ErrorKind kindOf(int status, String detail) {
        if (detail.contains("already exists")) {
            return ErrorKind.ALREADY_EXISTS;
        }
        if (status == 404 || detail.contains("doesn't exist")) {
            return ErrorKind.NOT_FOUND;
        }
        return switch (status) {
            case 400 -> ErrorKind.INVALID_ARGUMENT;
            case 501 -> ErrorKind.UNIMPLEMENTED;
            case 503 -> ErrorKind.UNAVAILABLE;
            default -> ErrorKind.INTERNAL;
        };
    }
}
