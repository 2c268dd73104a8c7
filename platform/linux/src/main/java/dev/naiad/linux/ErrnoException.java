package dev.naiad.linux;

import dev.naiad.base.error.NaiadException;

/** A system call failed; carries its number. */
public final class ErrnoException extends NaiadException {
    private final Errno errno;
    private final int number;

    private ErrnoException(Errno errno, int number, String what) {
        super(
                errno.kind(),
                what
                        + ": "
                        + (errno.number() == number
                                ? errno.text() + " (" + errno + ")"
                                : "errno " + number));
        this.errno = errno;
        this.number = number;
    }

    /** The failure of {@code what} with a positive number. */
    public static ErrnoException of(int number, String what) {
        return new ErrnoException(Errno.of(number), number, what);
    }

    /** The error; EIO if its number has no constant. */
    public Errno errno() {
        return errno;
    }

    /** The number as the kernel gave it. */
    public int number() {
        return number;
    }

    /** Whether it is that error. */
    public boolean is(Errno other) {
        return errno == other;
    }
}
