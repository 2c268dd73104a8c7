package dev.naiad.nydusd.daemon;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/** Something was asked of the daemon that its state does not allow. */
public final class UnexpectedEventException extends NaiadException {
    private static final long serialVersionUID = 1;

    private final String event;

    UnexpectedEventException(String event) {
        super(ErrorKind.FAILED_PRECONDITION, "unexpected event " + event);
        this.event = event;
    }

    /** {@code Start}, {@code Takeover}, … */
    public String event() {
        return event;
    }
}
