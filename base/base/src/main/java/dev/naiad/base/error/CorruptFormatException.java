package dev.naiad.base.error;

/** Bytes that are not what their format says; names the file, the offset and both values. */
public final class CorruptFormatException extends NaiadException {
    private final String file;
    private final long offset;

    /**
     * @param offset in bytes from the start of {@code file}; -1 if it has no place
     * @param expected what the format wants there
     * @param actual what was found
     */
    public CorruptFormatException(String file, long offset, String expected, String actual) {
        super(
                ErrorKind.DATA_LOSS,
                file
                        + (offset < 0 ? "" : " at offset " + offset)
                        + ": expected "
                        + expected
                        + ", found "
                        + actual);
        this.file = file;
        this.offset = offset;
    }

    /** The file, blob or message that is corrupt. */
    public String file() {
        return file;
    }

    /** Where, in bytes; -1 if it has no place. */
    public long offset() {
        return offset;
    }
}
