package dev.naiad.blobcache;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.block.Compression;
import dev.naiad.codec.digest.Hasher;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32C;

/** From stored bytes to checked chunks. For one thread: hashers keep state. */
final class ChunkDecoder {
    private final Map<Compressor, BlockCodec> codecs = new EnumMap<>(Compressor.class);
    private final Map<Digester, Hasher> hashers = new EnumMap<>(Digester.class);
    private final byte[] wanted = new byte[Digester.LENGTH];

    /**
     * The chunk's bytes: {@code stored} itself where it is stored plain, else a scratch buffer.
     *
     * @throws NaiadException DATA_LOSS if it cannot be decoded, or its digest or CRC is wrong
     */
    MemorySegment decode(
            CachedBlob blob, BlobChunks list, int chunk, MemorySegment stored, Scratch scratch) {
        if (list.isEncrypted(chunk) || list.isBatch(chunk) || list.isZran(chunk)) {
            throw new NaiadException(
                    ErrorKind.UNIMPLEMENTED,
                    blob
                            + " chunk "
                            + chunk
                            + ": encrypted, batch and zran chunks are not read yet");
        }
        String name = blob + " chunk " + chunk;
        MemorySegment plain = stored;
        if (list.isCompressed(chunk)) {
            plain = scratch.plain(list.uncompressedSize(chunk));
            decompress(blob.info.compressor(), stored, plain, name);
        }
        check(blob.info.digester(), list, chunk, plain, name);
        return plain;
    }

    /** Fills {@code plain}. */
    void decompress(Compressor compressor, MemorySegment stored, MemorySegment plain, String name) {
        codecs.computeIfAbsent(compressor, ChunkDecoder::codec)
                .decompressExactly(stored, plain, name);
    }

    private static BlockCodec codec(Compressor compressor) {
        return BlockCodec.of(
                switch (compressor) {
                    case NONE -> Compression.NONE;
                    case LZ4_BLOCK -> Compression.LZ4_BLOCK;
                    case GZIP -> Compression.GZIP;
                    case ZSTD -> Compression.ZSTD;
                });
    }

    private void check(
            Digester digester, BlobChunks list, int chunk, MemorySegment plain, String name) {
        if (list.hasDigest(chunk)) {
            byte[] found = hashers.computeIfAbsent(digester, ChunkDecoder::hasher).hash(plain);
            list.digest(chunk, MemorySegment.ofArray(wanted));
            if (!Arrays.equals(wanted, found)) {
                throw new CorruptFormatException(
                        name, -1, digester.word() + " " + hex(wanted), hex(found));
            }
        } else if (list.hasCrc(chunk)) {
            // The original checks it instead of the digest; where both are known the digest says
            // more.
            var crc = new CRC32C();
            crc.update(plain.asByteBuffer());
            if ((int) crc.getValue() != list.crc32c(chunk)) {
                throw new CorruptFormatException(
                        name,
                        -1,
                        "crc32c " + Integer.toHexString(list.crc32c(chunk)),
                        Long.toHexString(crc.getValue()));
            }
        }
    }

    private static Hasher hasher(Digester digester) {
        return Hasher.of(
                switch (digester) {
                    case BLAKE3 -> Digest.Algorithm.BLAKE3;
                    case SHA256 -> Digest.Algorithm.SHA256;
                });
    }

    private static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }
}
