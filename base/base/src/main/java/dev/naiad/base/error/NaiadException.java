package dev.naiad.base.error;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A failure with a kind and a sentence that says what failed, object first. */
public class NaiadException extends RuntimeException {
    private final ErrorKind kind;

    /** A failure that began here. */
    public NaiadException(ErrorKind kind, String what) {
        super(what);
        this.kind = kind;
    }

    /** A failure that began elsewhere; {@code what} adds the context that the cause lacks. */
    public NaiadException(ErrorKind kind, String what, @Nullable Throwable cause) {
        super(what, cause);
        this.kind = kind;
    }

    /** What kind of failure this is. */
    public ErrorKind kind() {
        return kind;
    }

    /** The message; never null. */
    public String what() {
        String message = getMessage();
        return message == null ? kind.name() : message;
    }

    /** The messages of this failure and its causes on one line, as an operator reads them. */
    public static String chain(Throwable failure) {
        var line = new StringBuilder();
        String last = "";
        for (Throwable at = failure; at != null; at = at.getCause()) {
            String message = told(at, line.toString());
            if (last.contains(message)) {
                continue;
            }
            line.append(line.isEmpty() ? "" : ": ").append(message);
            last = message;
        }
        return line.toString();
    }

    /**
     * What one failure of a chain adds to the text so far: never empty, and no class names unless
     * there is nothing else.
     */
    public static String told(Throwable failure, String before) {
        if (failure instanceof IOException io) {
            return IoReason.beside(before, io);
        }
        String message = failure.getMessage();
        return message == null || message.isBlank() || message.equals(failure.getClass().getName())
                ? failure.getClass().getSimpleName()
                : message;
    }
}
