package dev.naiad.blobcache;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/** Makes one kind of exception of whatever ends a fetch. */
final class FetchErrors {
    private FetchErrors() {}

    static NaiadException of(String what, Throwable cause) {
        return cause instanceof NaiadException known
                ? new NaiadException(known.kind(), what + ": " + known.what(), known)
                : new NaiadException(ErrorKind.INTERNAL, what + ": " + cause, cause);
    }
}
