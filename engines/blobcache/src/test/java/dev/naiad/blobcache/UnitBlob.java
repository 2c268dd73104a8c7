package dev.naiad.blobcache;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.blob.BlobMetaHeader;
import dev.naiad.rafs.blob.ChunkInfoArray;
import dev.naiad.rafs.blob.Contexts;
import dev.naiad.rafs.blob.UnitCipher;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A blob of batches, each followed by a chunk of its own, encrypted or not; and the records that a
 * bootstrap has of it: digests and sizes of all, places only of chunks that are no members.
 */
final class UnitBlob implements ListedChunks {
    private static final int FLAGS_OF_MEMBERS = ChunkInfoArray.BATCH | ChunkInfoArray.COMPRESSED;

    @SuppressWarnings("ArrayRecordComponent") // test data, compared nowhere
    record Chunk(long at, byte[] plain) {}

    final byte[] file;
    private final List<Chunk> chunks;
    private final BlobInfo info;

    private final Set<Integer> unlisted = new HashSet<>();

    UnitBlob(byte[] file, List<Chunk> chunks, BlobInfo info) {
        this.file = file;
        this.chunks = chunks;
        this.info = info;
    }

    static UnitBlob of(long seed, int batches, int members, boolean encrypted) {
        var random = new Random(seed);
        byte[] key = new byte[32];
        byte[] iv = new byte[16];
        random.nextBytes(key);
        random.nextBytes(iv);
        var cipher = new UnitCipher(key, iv);
        int count = batches * (members + 1);
        byte[] table = new byte[count * ChunkInfoArray.V2_SIZE + batches * Contexts.SIZE];
        var view = LittleEndian.of(table, "table");
        var chunks = new ArrayList<Chunk>();
        var stored = new ByteArrayOutputStream();
        int flag = encrypted ? ChunkInfoArray.ENCRYPTED : 0;
        long at = 0;
        for (int batch = 0; batch < batches; batch++) {
            var plain = new ByteArrayOutputStream();
            long start = stored.size();
            for (int i = 0; i < members; i++) {
                byte[] chunk = bytes(random, 1 + random.nextInt(3000));
                ChunkInfoArray.writeV2(
                        view,
                        (long) chunks.size() * ChunkInfoArray.V2_SIZE,
                        FLAGS_OF_MEMBERS | flag,
                        at,
                        chunk.length,
                        start,
                        0,
                        (long) batch << 32 | plain.size());
                plain.writeBytes(chunk);
                chunks.add(new Chunk(at, chunk));
                at = at + chunk.length + 4095 & -4096L;
            }
            byte[] unit =
                    stored(
                            Compressor.ZSTD.codec().compress(plain.toByteArray()),
                            encrypted,
                            cipher);
            Contexts.writeBatch(
                    view,
                    (long) count * ChunkInfoArray.V2_SIZE + (long) batch * Contexts.SIZE,
                    unit.length,
                    plain.size());
            stored.writeBytes(unit);
            byte[] alone = bytes(random, 5000 + random.nextInt(3000));
            byte[] single = stored(Compressor.ZSTD.codec().compress(alone), encrypted, cipher);
            ChunkInfoArray.writeV2(
                    view,
                    (long) chunks.size() * ChunkInfoArray.V2_SIZE,
                    ChunkInfoArray.COMPRESSED | flag,
                    at,
                    alone.length,
                    stored.size(),
                    single.length,
                    0);
            stored.writeBytes(single);
            chunks.add(new Chunk(at, alone));
            at = at + alone.length + 4095 & -4096L;
        }
        var meta =
                new BlobInfo.MetaLocation(
                        Compressor.NONE, stored.size(), table.length, table.length);
        var features =
                new BlobFeatures(
                        BlobFeatures.ALIGNED
                                | BlobFeatures.CAP_TAR_TOC
                                | BlobFeatures.CHUNK_INFO_V2
                                | BlobFeatures.BATCH
                                | (encrypted ? BlobFeatures.ENCRYPTED : 0));
        stored.writeBytes(stored(table, encrypted, cipher));
        stored.writeBytes(
                stored(
                        new BlobMetaHeader(
                                        features,
                                        count,
                                        meta,
                                        (long) count * ChunkInfoArray.V2_SIZE,
                                        (long) batches * Contexts.SIZE,
                                        batches)
                                .toBytes(),
                        encrypted,
                        cipher));
        byte[] file = stored.toByteArray();
        var info =
                new BlobInfo(
                        0,
                        java.util.HexFormat.of().formatHex(TestBlob.sha256(file)),
                        1 << 20,
                        count,
                        Compressor.ZSTD,
                        Digester.SHA256,
                        features,
                        file.length,
                        at,
                        meta,
                        BlobInfo.TocLocation.ABSENT,
                        new byte[32],
                        0,
                        encrypted ? Cipher.AES_128_XTS : Cipher.NONE,
                        encrypted ? key : new byte[0],
                        encrypted ? iv : new byte[0],
                        at / 4096,
                        0,
                        0);
        return new UnitBlob(file, chunks, info);
    }

    private static byte[] bytes(Random random, int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        for (int i = 0; i < size; i++) {
            bytes[i] &= 15;
        }
        return bytes;
    }

    private static byte[] stored(byte[] unit, boolean encrypted, UnitCipher cipher) {
        if (!encrypted) {
            return unit;
        }
        byte[] result = new byte[(int) UnitCipher.storedSize(unit.length)];
        cipher.encrypt(MemorySegment.ofArray(unit), MemorySegment.ofArray(result));
        return result;
    }

    /** From now on the bootstrap does not know the chunk: no file of its tree has it. */
    void unlist(int chunk) {
        unlisted.add(chunk);
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
        return 0;
    }

    @Override
    public int compressedSize(int index) {
        return 0;
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
        return false;
    }

    @Override
    public byte[] sha256(int index) {
        return TestBlob.sha256(chunk(index));
    }
}
