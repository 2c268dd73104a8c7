package dev.naiad.builder.tar;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/**
 * A layer that an image cannot refer to because its data cannot be read in place: the image needs a
 * blob of its own for it.
 */
public final class NoReferenceException extends NaiadException {
    public NoReferenceException(String what) {
        super(ErrorKind.INVALID_ARGUMENT, what);
    }
}
