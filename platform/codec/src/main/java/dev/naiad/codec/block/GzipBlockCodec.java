package dev.naiad.codec.block;

import dev.naiad.base.error.CorruptFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** One gzip member a block (RFC 1952), without name and time. */
final class GzipBlockCodec implements BlockCodec {
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};
    private static final int TRAILER = 8;
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final ContextPool<PooledDeflater> deflaters;
    private final ContextPool<PooledInflater> inflaters =
            new ContextPool<>(PooledInflater::new, PooledInflater::close);

    GzipBlockCodec(int level) {
        this.deflaters = new ContextPool<>(() -> new PooledDeflater(level), PooledDeflater::close);
    }

    private record PooledDeflater(Deflater deflater) implements AutoCloseable {
        PooledDeflater(int level) {
            this(new Deflater(level, true));
        }

        @Override
        public void close() {
            deflater.end();
        }
    }

    private record PooledInflater(Inflater inflater) implements AutoCloseable {
        PooledInflater() {
            this(new Inflater(true));
        }

        @Override
        public void close() {
            inflater.end();
        }
    }

    @Override
    public Compression compression() {
        return Compression.GZIP;
    }

    @Override
    public int maxCompressedSize(int size) {
        // Stored blocks cost 5 bytes per 16 KiB with zlib's smallest buffers.
        return Math.addExact(size, 5 * (size / 16383 + 1) + HEADER.length + TRAILER + 8);
    }

    @Override
    public int compress(MemorySegment source, MemorySegment target) {
        if (target.byteSize() < HEADER.length + TRAILER) {
            throw Blocks.tooSmall(target.byteSize());
        }
        PooledDeflater pooled = deflaters.take();
        try {
            Deflater deflater = pooled.deflater;
            deflater.reset();
            deflater.setInput(Blocks.buffer(source));
            deflater.finish();
            ByteBuffer to = Blocks.buffer(target);
            to.put(HEADER).limit(to.capacity() - TRAILER);
            while (!deflater.finished()) {
                if (deflater.deflate(to) == 0 && !deflater.finished()) {
                    throw Blocks.tooSmall(target.byteSize());
                }
            }
            int end = to.position();
            target.set(U32, end, crc(source));
            target.set(U32, end + 4L, (int) source.byteSize());
            return end + TRAILER;
        } finally {
            deflaters.give(pooled);
        }
    }

    private static int crc(MemorySegment bytes) {
        var crc = new CRC32();
        crc.update(Blocks.buffer(bytes));
        return (int) crc.getValue();
    }

    @Override
    public int decompress(MemorySegment source, MemorySegment target, String what) {
        int header = GzipHeader.length(source, what);
        PooledInflater pooled = inflaters.take();
        try {
            Inflater inflater = pooled.inflater;
            inflater.reset();
            inflater.setInput(Blocks.buffer(source.asSlice(header)));
            ByteBuffer to = Blocks.buffer(target);
            while (!inflater.finished()) {
                if (inflater.inflate(to) == 0 && !inflater.finished()) {
                    if (to.hasRemaining() || inflater.needsInput()) {
                        throw new CorruptFormatException(
                                what, source.byteSize(), "more deflate data", "the end");
                    }
                    // An end-of-stream mark may still come when the target is full; ask with room
                    // for one byte more.
                    if (inflater.inflate(new byte[1]) > 0) {
                        throw new CorruptFormatException(
                                what,
                                header + inflater.getBytesRead(),
                                "at most " + target.byteSize() + " bytes",
                                "more");
                    }
                    if (!inflater.finished()) {
                        throw new CorruptFormatException(
                                what, source.byteSize(), "the end of the data", "nothing");
                    }
                }
            }
            int size = to.position();
            trailer(source, header + inflater.getBytesRead(), target.asSlice(0, size), what);
            return size;
        } catch (DataFormatException e) {
            throw new CorruptFormatException(
                    what,
                    header + pooled.inflater.getBytesRead(),
                    "deflate data",
                    String.valueOf(e.getMessage()));
        } finally {
            inflaters.give(pooled);
        }
    }

    private static void trailer(MemorySegment source, long at, MemorySegment content, String what) {
        if (source.byteSize() - at != TRAILER) {
            throw new CorruptFormatException(
                    what,
                    at,
                    "a trailer of 8 bytes and the end",
                    (source.byteSize() - at) + " bytes");
        }
        if (source.get(U32, at) != crc(content)
                || source.get(U32, at + 4) != (int) content.byteSize()) {
            throw new CorruptFormatException(what, at, "the content's checksum and size", "others");
        }
    }
}
