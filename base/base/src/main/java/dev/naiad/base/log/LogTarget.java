package dev.naiad.base.log;

/** Where lines go. Safe for use by many threads. */
public interface LogTarget extends AutoCloseable {
    /** Writes whole lines; a failure to write is swallowed, because there is nobody to tell. */
    void write(String lines);

    @Override
    default void close() {}

    /** Standard error. */
    static LogTarget stderr() {
        return new StreamLogTarget(System.err);
    }

    /** Standard output. */
    static LogTarget stdout() {
        return new StreamLogTarget(System.out);
    }

    /** Both of two. */
    static LogTarget both(LogTarget first, LogTarget second) {
        return new LogTarget() {
            @Override
            public void write(String lines) {
                first.write(lines);
                second.write(lines);
            }

            @Override
            public void close() {
                first.close();
                second.close();
            }
        };
    }
}
