package dev.naiad.blobcache;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.Compressor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** From stored bytes to checked chunks. */
final class ChunkDecoder {
    private ChunkDecoder() {}

    /**
     * The chunk's bytes: {@code stored} itself where it is stored plain, else the scratch buffer.
     */
    static MemorySegment decode(
            CachedBlob blob, BlobChunks list, int chunk, MemorySegment stored, Scratch scratch) {
        if (list.isEncrypted(chunk) || list.isBatch(chunk) || list.isZran(chunk)) {
            throw new NaiadException(
                    ErrorKind.UNIMPLEMENTED,
                    blob
                            + " chunk "
                            + chunk
                            + ": encrypted, batch and zran chunks are not read yet");
        }
        if (!list.isCompressed(chunk)) {
            return stored;
        }
        MemorySegment plain = scratch.plain(list.uncompressedSize(chunk));
        decompress(blob.info.compressor(), stored, plain, blob + " chunk " + chunk);
        return plain;
    }

    static void decompress(
            Compressor compressor, MemorySegment stored, MemorySegment plain, String what) {
        ByteBuffer from = stored.asByteBuffer();
        ByteBuffer to = plain.asByteBuffer();
        try {
            int n =
                    switch (compressor) {
                        case ZSTD -> com.github.luben.zstd.Zstd.decompress(to, from);
                        case LZ4_BLOCK ->
                                net.jpountz.lz4.LZ4Factory.fastestJavaInstance()
                                        .safeDecompressor()
                                        .decompress(from, 0, from.limit(), to, 0, to.limit());
                        default -> throw new NaiadException(ErrorKind.UNIMPLEMENTED, what);
                    };
            if (n != plain.byteSize()) {
                throw new CorruptFormatException(
                        what, -1, plain.byteSize() + " bytes", Integer.toString(n));
            }
        } catch (com.github.luben.zstd.ZstdException | net.jpountz.lz4.LZ4Exception e) {
            throw new NaiadException(ErrorKind.DATA_LOSS, what + ": " + e.getMessage(), e);
        }
    }

    static void check(CachedBlob blob, BlobChunks list, int chunk, MemorySegment plain) {
        if (list.hasDigest(chunk)) {
            try {
                var md = java.security.MessageDigest.getInstance("SHA-256");
                md.update(plain.asByteBuffer());
                var wanted = new byte[32];
                list.digest(chunk, MemorySegment.ofArray(wanted));
                if (!java.util.Arrays.equals(wanted, md.digest())) {
                    throw new NaiadException(
                            ErrorKind.DATA_LOSS, blob + " chunk " + chunk + ": digest mismatch");
                }
            } catch (java.security.NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
