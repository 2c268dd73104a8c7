package dev.naiad.codec.stream;

/** Malformed deflate data; without a stack trace, because the caller says where in a file. */
final class DeflateDataException extends Exception {
    private static final long serialVersionUID = 1L;

    DeflateDataException(String what) {
        super(what, null, false, false);
    }
}
