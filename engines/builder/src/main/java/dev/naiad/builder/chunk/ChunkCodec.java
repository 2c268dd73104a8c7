package dev.naiad.builder.chunk;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.zip.CRC32C;

/** One thread's digester, checksum and compressor: contexts are made once and reused. */
final class ChunkCodec implements AutoCloseable {
    private static final int ZSTD_LEVEL = 3;

    private final PipelineOptions options;
    private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(ZSTD_LEVEL);
    private final CRC32C crc = new CRC32C();
    private final MessageDigest sha;
    private final ByteBuffer alone;

    private ChunkCodec(PipelineOptions options) {
        this.options = options;
        alone =
                ByteBuffer.allocateDirect(
                        (int) worstCase(options.compressor(), options.chunkSize()));
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static ChunkCodec open(PipelineOptions options) {
        return new ChunkCodec(options);
    }

    /** The most bytes that a compressor may need for its output. */
    static long worstCase(Compressor compressor, int size) {
        return switch (compressor) {
            case NONE -> 0;
            case LZ4_BLOCK -> size + size / 255 + 16;
            case ZSTD, GZIP -> Zstd.compressBound(size);
        };
    }

    void digest(WorkUnit unit, int at, int length, byte[] target, int targetAt) {
        if (options.digester() == Digester.SHA256) {
            sha.update(unit.inputBuffer.slice(at, length));
            System.arraycopy(sha.digest(), 0, target, targetAt, Digester.LENGTH);
            return;
        }
        throw new NaiadException(ErrorKind.UNIMPLEMENTED, "blake3");
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
        return compress(unit.inputBuffer, at, length, unit.outputBuffer, outputAt);
    }

    /** Compresses into a buffer of this codec; see {@link #alone}. */
    int compressAlone(WorkUnit unit, int at, int length) {
        return compress(unit.inputBuffer, at, length, alone, 0);
    }

    ByteBuffer alone() {
        return alone;
    }

    private int compress(ByteBuffer from, int at, int length, ByteBuffer to, int toAt) {
        int size =
                switch (options.compressor()) {
                    case NONE -> length;
                    case ZSTD, GZIP ->
                            zstd.compressDirectByteBuffer(
                                    to, toAt, to.capacity() - toAt, from, at, length);
                    case LZ4_BLOCK -> throw new NaiadException(ErrorKind.UNIMPLEMENTED, "lz4");
                };
        return size >= length ? 0 : size;
    }

    /** Compresses a whole array; the result may be longer than the input. */
    static byte[] compress(Compressor compressor, byte[] bytes) {
        return switch (compressor) {
            case NONE -> bytes;
            case ZSTD, GZIP -> Zstd.compress(bytes, ZSTD_LEVEL);
            case LZ4_BLOCK -> throw new NaiadException(ErrorKind.UNIMPLEMENTED, "lz4");
        };
    }

    @Override
    public void close() {
        zstd.close();
    }
}
