package dev.naiad.base.bytes;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.MemorySegment;

/** A source over a segment that its caller owns. */
record SegmentSource(String name, MemorySegment bytes) implements ByteSource {
    @Override
    public long size() {
        return bytes.byteSize();
    }

    @Override
    public void read(long offset, MemorySegment target) {
        long length = target.byteSize();
        if (offset < 0 || length > bytes.byteSize() - offset) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    name
                            + ": "
                            + length
                            + " bytes at "
                            + offset
                            + " are beyond the end ("
                            + bytes.byteSize()
                            + ")");
        }
        MemorySegment.copy(bytes, offset, target, 0, length);
    }
}
