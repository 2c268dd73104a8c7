package dev.naiad.builder.chunk;

import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.digest.Hasher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** One thread's digester, checksum and compressor: contexts are made once and reused. */
final class ChunkCodec implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final boolean compresses;
    private final BlockCodec codec;
    private final Hasher hasher;
    private final CRC32C crc = new CRC32C();
    private final MemorySegment alone;

    private ChunkCodec(PipelineOptions options) {
        compresses = options.compressor() != Compressor.NONE;
        codec = options.compressor().codec();
        hasher = options.digester().hasher();
        alone = arena.allocate(Math.max(1, worstCase(options.compressor(), options.chunkSize())));
    }

    static ChunkCodec open(PipelineOptions options) {
        return new ChunkCodec(options);
    }

    /** The most bytes that a compressor may need for its output. */
    static int worstCase(Compressor compressor, int size) {
        return compressor == Compressor.NONE ? 0 : compressor.codec().maxCompressedSize(size);
    }

    void digest(WorkUnit unit, int at, int length, byte[] target, int targetAt) {
        System.arraycopy(
                hasher.hash(unit.input.asSlice(at, length)), 0, target, targetAt, Digester.LENGTH);
    }

    int crc32c(WorkUnit unit, int at, int length) {
        crc.reset();
        crc.update(unit.inputBuffer.slice(at, length));
        return (int) crc.getValue();
    }

    /**
     * Compresses into the unit's output at {@code outputAt}.
     *
     * @return the bytes of the result, 0 if it is not smaller and the input is what shall be stored
     */
    int compress(WorkUnit unit, int at, int length, int outputAt) {
        return compress(unit, at, length, unit.output.asSlice(outputAt));
    }

    /** Compresses into a buffer of this codec; see {@link #alone}. */
    int compressAlone(WorkUnit unit, int at, int length) {
        return compress(unit, at, length, alone);
    }

    ByteBuffer alone() {
        return alone.asByteBuffer();
    }

    private int compress(WorkUnit unit, int at, int length, MemorySegment target) {
        if (!compresses) {
            return 0;
        }
        int size = codec.compress(unit.input.asSlice(at, length), target);
        return size >= length ? 0 : size;
    }

    /** Compresses a whole array; the result may be longer than the input. */
    static byte[] compress(Compressor compressor, byte[] bytes) {
        return compressor == Compressor.NONE ? bytes : compressor.codec().compress(bytes);
    }

    @Override
    public void close() {
        arena.close();
    }
}
