package dev.naiad.e2e.lab;

import org.jspecify.annotations.Nullable;

/** Something in the lab failed; the message says what, with the end of its output. */
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A failure without a cause. */
    public LabException(String message) {
        this(message, null);
    }

    /** A failure with its cause. */
    public LabException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
