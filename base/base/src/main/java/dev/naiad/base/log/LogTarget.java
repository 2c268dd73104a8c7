package dev.naiad.base.log;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Where lines go. Safe for use by many threads. */
public interface LogTarget extends AutoCloseable {
    /** Writes whole lines; a failure to write is ignored, because there is nowhere to report it. */
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

    /**
     * A file, which is made or appended to; closed with the target.
     *
     * @throws NaiadException INVALID_ARGUMENT if it cannot be opened
     */
    static LogTarget appending(Path file) {
        PrintStream stream;
        try {
            stream =
                    new PrintStream(
                            new FileOutputStream(file.toFile(), true),
                            true,
                            StandardCharsets.UTF_8);
        } catch (FileNotFoundException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "cannot open the log file " + e.getMessage(), e);
        }
        return new LogTarget() {
            @Override
            public void write(String lines) {
                stream.print(lines);
            }

            @Override
            public void close() {
                stream.close();
            }
        };
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
