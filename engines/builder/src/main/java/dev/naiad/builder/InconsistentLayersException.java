package dev.naiad.builder;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/**
 * Layers that cannot become one image because they were built with different options. Tools exit
 * with 2, so that callers rebuild.
 */
public final class InconsistentLayersException extends NaiadException {
    public InconsistentLayersException(String what) {
        super(ErrorKind.FAILED_PRECONDITION, what);
    }
}
