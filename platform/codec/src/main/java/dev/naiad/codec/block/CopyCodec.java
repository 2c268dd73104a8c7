package dev.naiad.codec.block;

import dev.naiad.base.error.CorruptFormatException;
import java.lang.foreign.MemorySegment;

/** Blocks as they are. */
final class CopyCodec implements BlockCodec {
    @Override
    public Compression compression() {
        return Compression.NONE;
    }

    @Override
    public int maxCompressedSize(int size) {
        return size;
    }

    @Override
    public int compress(MemorySegment source, MemorySegment target) {
        if (source.byteSize() > target.byteSize()) {
            throw Blocks.tooSmall(target.byteSize());
        }
        MemorySegment.copy(source, 0, target, 0, source.byteSize());
        return (int) source.byteSize();
    }

    @Override
    public int decompress(MemorySegment source, MemorySegment target, String what) {
        if (source.byteSize() > target.byteSize()) {
            throw new CorruptFormatException(
                    what,
                    target.byteSize(),
                    "at most " + target.byteSize() + " bytes",
                    source.byteSize() + " bytes");
        }
        MemorySegment.copy(source, 0, target, 0, source.byteSize());
        return (int) source.byteSize();
    }
}
