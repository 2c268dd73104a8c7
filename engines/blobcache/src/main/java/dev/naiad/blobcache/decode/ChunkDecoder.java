package dev.naiad.blobcache.decode;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.digest.Hasher;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.StoredUnit;
import dev.naiad.rafs.blob.UnitDecoder;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * From stored units to checked chunks, with the buffers that takes. For one thread: hashers keep
 * state. Frees the buffers when it is closed.
 */
public final class ChunkDecoder implements AutoCloseable {
    private final Scratch scratch = new Scratch();
    private final UnitDecoder units = new UnitDecoder();
    private final Map<Digester, Hasher> hashers = new EnumMap<>(Digester.class);
    private final byte[] wanted = new byte[Digester.LENGTH];

    /** Its buffers: what they held before is gone after the next unit. */
    public Scratch scratch() {
        return scratch;
    }

    /** Decodes units alone. */
    public UnitDecoder units() {
        return units;
    }

    /**
     * The plain bytes of a unit: {@code stored} itself where it is stored plain, else a scratch
     * buffer.
     *
     * @throws NaiadException DATA_LOSS if it cannot be decoded
     */
    public MemorySegment decode(BlobInfo blob, StoredUnit unit, MemorySegment stored) {
        if (unit instanceof StoredUnit.Single single
                && !single.compressed()
                && !single.encrypted()) {
            return stored;
        }
        MemorySegment plain = scratch.plain(unit.plainSize());
        units.decode(blob, unit, stored, plain, "blob " + blob.id() + " at " + unit.offset());
        return plain;
    }

    /**
     * The chunk within the plain bytes of its unit.
     *
     * @throws NaiadException DATA_LOSS if its digest or CRC is wrong
     */
    public MemorySegment cut(BlobInfo blob, BlobChunks list, int chunk, MemorySegment unit) {
        MemorySegment plain = unit.asSlice(list.unitOffset(chunk), list.uncompressedSize(chunk));
        check(blob, list, chunk, plain);
        return plain;
    }

    /**
     * Checks plain bytes of a chunk, wherever they come from.
     *
     * @throws NaiadException DATA_LOSS if its digest or CRC is wrong
     */
    public void check(BlobInfo blob, BlobChunks list, int chunk, MemorySegment plain) {
        if (list.hasDigest(chunk)) {
            var digester = blob.digester();
            byte[] found = hashers.computeIfAbsent(digester, ChunkDecoder::hasher).hash(plain);
            list.digest(chunk, MemorySegment.ofArray(wanted));
            if (!Arrays.equals(wanted, found)) {
                throw new CorruptFormatException(
                        name(blob, chunk), -1, digester.word() + " " + hex(wanted), hex(found));
            }
        } else if (list.hasCrc(chunk)) {
            // The original checks it instead of the digest; where both are known the digest says
            // more.
            var crc = new CRC32C();
            crc.update(plain.asByteBuffer());
            if ((int) crc.getValue() != list.crc32c(chunk)) {
                throw new CorruptFormatException(
                        name(blob, chunk),
                        -1,
                        "crc32c " + Integer.toHexString(list.crc32c(chunk)),
                        Long.toHexString(crc.getValue()));
            }
        }
    }

    private static String name(BlobInfo blob, int chunk) {
        return "blob " + blob.id() + " chunk " + chunk;
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

    @Override
    public void close() {
        scratch.close();
    }
}
