package dev.naiad.builder.chunk;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.digest.BatchHasher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.blob.UnitCipher;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** One thread's digester, checksum, compressor and cipher: contexts are made once and reused. */
final class ChunkCodec implements AutoCloseable {
    private static final int LARGE = 16 << 20;

    private final Arena arena = Arena.ofConfined();
    private final boolean compresses;
    private final BlockCodec codec;
    private final BatchHasher hasher;
    private final CRC32C crc = new CRC32C();
    private final @Nullable UnitCipher cipher;
    private final MemorySegment alone;

    private ChunkCodec(PipelineOptions options) {
        compresses = options.compressor() != Compressor.NONE;
        codec = options.compressor().codec();
        hasher = options.digester().batchHasher();
        var key = options.key();
        cipher = key == null ? null : new UnitCipher(key.key(), key.iv());
        int size =
                Math.max(options.chunkSize(), worstCase(options.compressor(), options.chunkSize()));
        alone = arena.allocate(size + (long) slack(options, 1));
    }

    static ChunkCodec open(PipelineOptions options) {
        return new ChunkCodec(options);
    }

    /** The most bytes that a compressor may need for its output. */
    static int worstCase(Compressor compressor, int size) {
        return compressor == Compressor.NONE ? 0 : compressor.codec().maxCompressedSize(size);
    }

    /** Digests all chunks of the unit, side by side. */
    void digest(WorkUnit unit) {
        hasher.hash(unit.input, unit.offset, unit.length, unit.chunks, unit.digests);
    }

    int crc32c(WorkUnit unit, int at, int length) {
        return crc32c(unit.inputBuffer, at, length);
    }

    /**
     * Encodes a chunk for storage into the unit's output from {@code outputAt} on and records it in
     * the unit.
     *
     * @return the bytes of output in use
     */
    int encode(WorkUnit unit, int i, int outputAt) {
        int at = unit.offset[i];
        int length = unit.length[i];
        int stored;
        if (cipher != null) {
            stored = encode(unit.input.asSlice(at, length), unit.output.asSlice(outputAt));
        } else if (compresses) {
            // Millions of small chunks: a view of each costs more than the call.
            int size = codec.compress(unit.inputBuffer, at, length, unit.outputBuffer, outputAt);
            stored = size >= length ? 0 : size;
        } else {
            stored = 0;
        }
        unit.storedSize[i] = stored;
        unit.outputOffset[i] = outputAt;
        return Math.abs(stored);
    }

    /** The checksum of what {@link #encode} made of a chunk. */
    int storedCrc32c(WorkUnit unit, int i) {
        int stored = unit.storedSize[i];
        return stored == 0
                ? crc32c(unit, unit.offset[i], unit.length[i])
                : crc32c(unit.outputBuffer, unit.outputOffset[i], Math.abs(stored));
    }

    /** Of bytes in a unit's buffer, which no other thread uses meanwhile. */
    private int crc32c(ByteBuffer buffer, int at, int length) {
        int sum = crc32c(buffer.limit(at + length).position(at));
        buffer.clear();
        return sum;
    }

    int crc32c(ByteBuffer bytes) {
        crc.reset();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /**
     * The same into a buffer of this codec; see {@link #alone}.
     *
     * @return as {@link WorkUnit#storedSize}
     */
    int encodeAlone(MemorySegment chunk) {
        return encode(chunk, alone);
    }

    ByteBuffer alone() {
        return alone.asByteBuffer();
    }

    private int encode(MemorySegment chunk, MemorySegment target) {
        int length = (int) chunk.byteSize();
        int size = compresses ? codec.compress(chunk, target) : length;
        if (cipher == null) {
            return size >= length ? 0 : size;
        }
        // A unit that readers would mistake for a padded one is stored raw, with a known size.
        var compressed = target.asSlice(0, Math.min(size, target.byteSize()));
        if (compresses
                && UnitCipher.storedSize(size) < length
                && !UnitCipher.looksPadded(compressed)) {
            return cipher.encrypt(compressed, target);
        }
        return -cipher.encrypt(chunk, target);
    }

    /** The most bytes of output that so many chunks need beyond their input and a last one. */
    static int slack(PipelineOptions options, int chunks) {
        return 4096 + (options.key() == null ? 0 : chunks * (int) UnitCipher.storedSize(0));
    }

    /** Compresses a whole array; the result may be longer than the input. */
    static byte[] compress(Compressor compressor, byte[] bytes) {
        if (compressor == Compressor.NONE) {
            return bytes;
        }
        if (bytes.length > LARGE) {
            // The worst case of a large bootstrap would double what it needs of the heap.
            var target = MemorySegment.ofArray(new byte[bytes.length / 3]);
            try {
                int size = compressor.codec().compress(MemorySegment.ofArray(bytes), target);
                return target.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE);
            } catch (NaiadException e) {
                if (e.kind() != ErrorKind.OUT_OF_RANGE) {
                    throw e;
                }
            }
        }
        return compressor.codec().compress(bytes);
    }

    @Override
    public void close() {
        arena.close();
    }
}
