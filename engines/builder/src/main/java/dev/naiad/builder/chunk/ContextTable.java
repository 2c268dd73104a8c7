package dev.naiad.builder.chunk;

import java.io.IOException;
import java.io.OutputStream;

/**
 * The table after the records of a blob's chunk information: the units that several chunks share,
 * contexts first, then what they refer to. May be large: it is written as a stream.
 */
public interface ContextTable {
    /** None. */
    ContextTable EMPTY = of(0, new byte[0]);

    int count();

    /** All bytes of it. */
    long size();

    void writeTo(OutputStream out) throws IOException;

    /** A small one. */
    static ContextTable of(int count, byte[] bytes) {
        return new ContextTable() {
            @Override
            public int count() {
                return count;
            }

            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public void writeTo(OutputStream out) throws IOException {
                out.write(bytes);
            }
        };
    }
}
