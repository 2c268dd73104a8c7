package dev.naiad.rafs;

import dev.naiad.base.bytes.ByteSource;
import java.lang.foreign.MemorySegment;

/**
 * What came out of a gzip stream before a stretch of it: at most 32 KiB, read when the stretch is
 * inflated. A layer has one for each MiB or two, so that nobody holds them all.
 *
 * @param table has it
 * @param offset in the table
 * @param size may be 0
 */
public record GzipWindow(ByteSource table, long offset, int size) {
    /**
     * Fills {@code target}.
     *
     * @param target of {@link #size} bytes
     */
    public void read(MemorySegment target) {
        if (size > 0) {
            table.read(offset, target);
        }
    }
}
