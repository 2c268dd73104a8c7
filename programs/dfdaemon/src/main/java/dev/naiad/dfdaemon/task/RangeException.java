package dev.naiad.dfdaemon.task;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/** A range that lies outside its content. The content's length goes into the answer. */
public final class RangeException extends NaiadException {
    private final long contentLength;

    RangeException(String taskId, long contentLength) {
        super(
                ErrorKind.OUT_OF_RANGE,
                "task " + taskId + ": range lies outside of " + contentLength + " bytes");
        this.contentLength = contentLength;
    }

    public long contentLength() {
        return contentLength;
    }
}
