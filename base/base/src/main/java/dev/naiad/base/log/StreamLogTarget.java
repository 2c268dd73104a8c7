package dev.naiad.base.log;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A stream of the process; not closed. */
record StreamLogTarget(PrintStream stream) implements LogTarget {
    @Override
    public void write(String lines) {
        byte[] bytes = lines.getBytes(StandardCharsets.UTF_8);
        stream.write(bytes, 0, bytes.length);
        stream.flush();
    }
}
