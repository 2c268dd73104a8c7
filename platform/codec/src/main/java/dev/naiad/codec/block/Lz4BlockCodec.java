package dev.naiad.codec.block;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;

/** LZ4's block format; the library has no state. */
final class Lz4BlockCodec implements BlockCodec {
    /** The library is unpacked and linked when the first block comes. */
    private static final class Library {
        static final LZ4Factory LZ4 = LZ4Factory.fastestInstance();
    }

    @Override
    public Compression compression() {
        return Compression.LZ4_BLOCK;
    }

    @Override
    public int maxCompressedSize(int size) {
        return size + size / 255 + 16;
    }

    @Override
    public int compress(MemorySegment source, MemorySegment target) {
        ByteBuffer from = Blocks.buffer(source);
        return compress(from, 0, from.limit(), Blocks.buffer(target), 0);
    }

    @Override
    public int compress(ByteBuffer source, int at, int length, ByteBuffer target, int to) {
        int room = target.limit() - to;
        try {
            return Library.LZ4.fastCompressor().compress(source, at, length, target, to, room);
        } catch (LZ4Exception e) {
            var failure = Blocks.tooSmall(room);
            failure.addSuppressed(e);
            throw failure;
        }
    }

    @Override
    public int decompress(MemorySegment source, MemorySegment target, String what) {
        ByteBuffer from = Blocks.buffer(source);
        ByteBuffer to = Blocks.buffer(target);
        try {
            return Library.LZ4
                    .safeDecompressor()
                    .decompress(from, 0, from.limit(), to, 0, to.limit());
        } catch (LZ4Exception e) {
            throw Blocks.corrupt(
                    what,
                    source,
                    "an LZ4 block of at most " + target.byteSize() + " bytes",
                    String.valueOf(e.getMessage()));
        }
    }
}
