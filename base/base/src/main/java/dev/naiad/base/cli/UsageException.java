package dev.naiad.base.cli;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/**
 * The command line is wrong. {@link CommandSpec#run} prints it in the program's style, with the
 * usage, and ends with its code.
 */
public final class UsageException extends NaiadException {
    /** {@code message} names the flag or argument. */
    public UsageException(String message) {
        super(ErrorKind.INVALID_ARGUMENT, message);
    }
}
