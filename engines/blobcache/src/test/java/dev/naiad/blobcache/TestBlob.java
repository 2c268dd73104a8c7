package dev.naiad.blobcache;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.codec.block.BlockCodecs;
import dev.naiad.codec.block.Compression;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.StoredUnit;
import dev.naiad.rafs.blob.BlobMetaHeader;
import dev.naiad.rafs.blob.ChunkInfoArray;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/**
 * A blob made of seeded bytes: stored form, plain form, and the chunk list a bootstrap would have.
 */
final class TestBlob implements ListedChunks {
    @SuppressWarnings("ArrayRecordComponent") // test data, compared nowhere
    private record Chunk(long storedAt, byte[] stored, long at, byte[] plain, byte[] digest) {}

    final String id;
    final byte[] file;
    final byte[] plain;
    private final List<Chunk> chunks;
    private final BlobInfo info;
    private final List<Integer> unlisted = new ArrayList<>();
    private final List<Integer> spoiled = new ArrayList<>();
    private boolean digests = true;

    private TestBlob(String id, byte[] file, byte[] plain, List<Chunk> chunks, BlobInfo info) {
        this.id = id;
        this.file = file;
        this.plain = plain;
        this.chunks = chunks;
        this.info = info;
    }

    /** Chunks of random sizes up to {@code maxSize}, compressible, some stored raw. */
    static TestBlob random(long seed, int count, int maxSize) {
        var random = new Random(seed);
        var sizes = new int[count];
        for (int i = 0; i < count; i++) {
            sizes[i] = 1 + random.nextInt(maxSize);
        }
        return of(seed, Compressor.ZSTD, sizes);
    }

    /** Equal chunks, stored plain. */
    static TestBlob plain(long seed, int count, int size) {
        var sizes = new int[count];
        java.util.Arrays.fill(sizes, size);
        return of(seed, Compressor.NONE, sizes);
    }

    static TestBlob of(long seed, Compressor compressor, int... sizes) {
        var random = new Random(seed);
        var chunks = new ArrayList<Chunk>();
        var stored = new ByteArrayOutputStream();
        long at = 0;
        for (int size : sizes) {
            var plain = new byte[size];
            random.nextBytes(plain);
            if (compressor != Compressor.NONE && random.nextInt(4) != 0) {
                for (int i = 0; i < size; i++) {
                    plain[i] = (byte) (plain[i] & 3);
                }
            }
            byte[] packed = compress(compressor, plain);
            byte[] bytes = packed.length < size ? packed : plain;
            chunks.add(new Chunk(stored.size(), bytes, at, plain, sha256(plain)));
            stored.writeBytes(bytes);
            at = at + size + 4095 & -4096L;
        }
        var whole = new byte[Math.toIntExact(at)];
        for (var chunk : chunks) {
            System.arraycopy(chunk.plain, 0, whole, (int) chunk.at, chunk.plain.length);
        }
        var features = new BlobFeatures(BlobFeatures.ALIGNED | BlobFeatures.CAP_TAR_TOC);
        var plainRecords = new byte[ChunkInfoArray.V1_SIZE * chunks.size()];
        var records = LittleEndian.of(plainRecords, "records");
        for (int i = 0; i < chunks.size(); i++) {
            var chunk = chunks.get(i);
            ChunkInfoArray.writeV1(
                    records,
                    (long) i * ChunkInfoArray.V1_SIZE,
                    chunk.at,
                    chunk.plain.length,
                    chunk.storedAt,
                    chunk.stored.length);
        }
        byte[] packedRecords = compress(compressor, plainRecords);
        boolean packs = packedRecords.length < plainRecords.length;
        var meta =
                new BlobInfo.MetaLocation(
                        packs ? compressor : Compressor.NONE,
                        stored.size(),
                        packs ? packedRecords.length : plainRecords.length,
                        plainRecords.length);
        stored.writeBytes(packs ? packedRecords : plainRecords);
        stored.writeBytes(new BlobMetaHeader(features, chunks.size(), meta, 0, 0, 0).toBytes());
        byte[] file = stored.toByteArray();
        String id = HexFormat.of().formatHex(sha256(file));
        var info =
                new BlobInfo(
                        0,
                        id,
                        1 << 20,
                        chunks.size(),
                        compressor,
                        Digester.SHA256,
                        features,
                        file.length,
                        at,
                        meta,
                        BlobInfo.TocLocation.ABSENT,
                        new byte[32],
                        0,
                        Cipher.NONE,
                        new byte[0],
                        new byte[0],
                        at / 4096,
                        0,
                        0);
        return new TestBlob(id, file, whole, chunks, info);
    }

    private static byte[] compress(Compressor compressor, byte[] plain) {
        return switch (compressor) {
            case NONE, GZIP -> plain;
            case ZSTD -> BlockCodecs.of(Compression.ZSTD).compress(plain);
            case LZ4_BLOCK -> BlockCodecs.of(Compression.LZ4_BLOCK).compress(plain);
        };
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** From now on the list does not know the chunk, as a bootstrap whose tree does not use it. */
    void unlist(int chunk) {
        unlisted.add(chunk);
    }

    /** From now on the list has no digests, as that of an external blob or a tarfs image. */
    void dropDigests() {
        digests = false;
    }

    @Override
    public boolean hasDigest(int index) {
        return digests;
    }

    /** From now on the chunk's record leads nowhere: asking for its place throws. */
    void spoil(int chunk) {
        spoiled.add(chunk);
    }

    @Override
    public StoredUnit unit(int index) {
        if (spoiled.contains(index)) {
            throw new IllegalStateException("chunk " + index + " has no place");
        }
        return ListedChunks.super.unit(index);
    }

    BlobInfo info() {
        return info;
    }

    byte[] chunk(int index) {
        return chunks.get(index).plain;
    }

    @Override
    public int count() {
        return chunks.size();
    }

    @Override
    public boolean isKnown(int index) {
        return !unlisted.contains(index);
    }

    @Override
    public long compressedOffset(int index) {
        return chunks.get(index).storedAt;
    }

    @Override
    public int compressedSize(int index) {
        return chunks.get(index).stored.length;
    }

    @Override
    public long uncompressedOffset(int index) {
        return chunks.get(index).at;
    }

    @Override
    public int uncompressedSize(int index) {
        return chunks.get(index).plain.length;
    }

    @Override
    public boolean isCompressed(int index) {
        return compressedSize(index) != uncompressedSize(index);
    }

    @Override
    public byte[] sha256(int index) {
        return chunks.get(index).digest;
    }
}
