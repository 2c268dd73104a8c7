package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import java.nio.charset.StandardCharsets;

/**
 * A record of the RAFS blob table, 256 bytes, little-endian. docs/formats/rafs-v6.md#blob-table
 *
 * <p>Key and IV of an encrypted blob sit in fields that otherwise hold the metadata blob's digest
 * and size.
 */
public final class BlobRecord {
    public static final int SIZE = 256;

    private static final int INDEX = 64;
    private static final int CHUNK_SIZE = 68;
    private static final int CHUNK_COUNT = 72;
    private static final int COMPRESSOR = 76;
    private static final int DIGESTER = 80;
    private static final int FEATURES = 84;
    private static final int COMPRESSED_SIZE = 88;
    private static final int UNCOMPRESSED_SIZE = 96;
    private static final int TOC_SIZE = 104;
    private static final int CI_COMPRESSOR = 108;
    private static final int CI_OFFSET = 112;
    private static final int CI_COMPRESSED = 120;
    private static final int CI_UNCOMPRESSED = 128;
    private static final int TOC_DIGEST = 136;
    private static final int META_DIGEST = 168;
    private static final int META_SIZE = 200;
    private static final int CIPHER_IV = 208;
    private static final int CIPHER = 216;

    private BlobRecord() {}

    static BlobInfo read(
            LittleEndian file, long at, int index, DeviceSlot slot, RafsSuperBlock superBlock) {
        String id = DeviceSlot.readId(file, at);
        if (!id.equals(slot.blobId())) {
            throw file.corrupt(
                    at, "the id of device slot " + index + " (" + slot.blobId() + ")", id);
        }
        same(file, at + INDEX, "blob index", index, file.u32(at + INDEX));
        same(
                file,
                at + CHUNK_SIZE,
                "chunk size",
                superBlock.chunkSize(),
                file.u32(at + CHUNK_SIZE));
        long chunks = file.u32(at + CHUNK_COUNT);
        if (chunks > BlobLimits.MAX_CHUNKS) {
            throw file.corrupt(
                    at + CHUNK_COUNT,
                    "at most " + BlobLimits.MAX_CHUNKS + " chunks",
                    Long.toString(chunks));
        }
        var features = new BlobFeatures(file.bits32(at + FEATURES));
        if (features.has(BlobFeatures.INCOMPATIBLE | BlobFeatures.V5_NO_EXTENDED_TABLE)) {
            throw file.corrupt(at + FEATURES, "known blob features", features.toString());
        }
        long compressedSize = atMost(file, at + COMPRESSED_SIZE, BlobLimits.MAX_COMPRESSED_SIZE);
        long uncompressedSize =
                atMost(file, at + UNCOMPRESSED_SIZE, BlobLimits.MAX_UNCOMPRESSED_SIZE);
        var meta =
                new BlobInfo.MetaLocation(
                        compressor(file, at + CI_COMPRESSOR),
                        file.u64(at + CI_OFFSET),
                        file.u64(at + CI_COMPRESSED),
                        file.u64(at + CI_UNCOMPRESSED));
        checkMeta(file, at, (int) chunks, features, meta);
        var cipher =
                Cipher.ofCode(file.u32(at + CIPHER))
                        .orElseThrow(
                                () ->
                                        file.corrupt(
                                                at + CIPHER,
                                                "cipher none or aes128xts",
                                                Long.toString(file.u32(at + CIPHER))));
        boolean encrypted = cipher != Cipher.NONE;
        byte[] iv = new byte[0];
        if (encrypted) {
            iv = new byte[16];
            System.arraycopy(file.bytes(at + META_SIZE, 8), 0, iv, 0, 8);
            System.arraycopy(file.bytes(at + CIPHER_IV, 8), 0, iv, 8, 8);
        }
        return new BlobInfo(
                index,
                id,
                superBlock.chunkSize(),
                (int) chunks,
                compressor(file, at + COMPRESSOR),
                Digester.ofCode(file.u32(at + DIGESTER))
                        .orElseThrow(
                                () ->
                                        file.corrupt(
                                                at + DIGESTER,
                                                "digester blake3 (0) or sha256 (1)",
                                                Long.toString(file.u32(at + DIGESTER)))),
                features,
                compressedSize,
                uncompressedSize,
                meta,
                new BlobInfo.TocLocation(file.u32(at + TOC_SIZE), file.bytes(at + TOC_DIGEST, 32)),
                encrypted ? new byte[32] : file.bytes(at + META_DIGEST, 32),
                encrypted ? 0 : file.u64(at + META_SIZE),
                cipher,
                encrypted ? file.bytes(at + META_DIGEST, 32) : new byte[0],
                iv,
                slot.blocks(),
                slot.mappedBlock(),
                0);
    }

    private static void checkMeta(
            LittleEndian file,
            long at,
            int chunks,
            BlobFeatures features,
            BlobInfo.MetaLocation meta) {
        if (meta.compressedSize() > meta.uncompressedSize()) {
            throw file.corrupt(
                    at + CI_COMPRESSED,
                    "at most the uncompressed "
                            + meta.uncompressedSize()
                            + " bytes of chunk information",
                    Long.toString(meta.compressedSize()));
        }
        boolean tarfs = features.has(BlobFeatures.TARFS);
        if (tarfs == features.has(BlobFeatures.ALIGNED)) {
            throw file.corrupt(
                    at + FEATURES, "either aligned chunks or tarfs", features.toString());
        }
        boolean v2 = features.has(BlobFeatures.CHUNK_INFO_V2);
        boolean tables =
                features.has(BlobFeatures.BATCH | BlobFeatures.ZRAN | BlobFeatures.ENCRYPTED);
        if (tables && !v2) {
            throw file.corrupt(
                    at + FEATURES,
                    "chunk information v2 with batch, zran or encryption",
                    features.toString());
        }
        if (tarfs || features.has(BlobFeatures.IS_CHUNKDICT_GENERATED)) {
            return;
        }
        long records = (v2 ? 24L : 16L) * chunks;
        if (tables ? meta.uncompressedSize() < records : meta.uncompressedSize() != records) {
            throw file.corrupt(
                    at + CI_UNCOMPRESSED,
                    records + " bytes of chunk information for " + chunks + " chunks",
                    Long.toString(meta.uncompressedSize()));
        }
    }

    /** Writes the record; the target is zero there. */
    public static void write(LittleEndian file, long at, BlobInfo blob) {
        file.putBytes(at, blob.id().getBytes(StandardCharsets.US_ASCII))
                .putU32(at + INDEX, blob.index())
                .putU32(at + CHUNK_SIZE, blob.chunkSize())
                .putU32(at + CHUNK_COUNT, blob.chunkCount())
                .putU32(at + COMPRESSOR, blob.compressor().code())
                .putU32(at + DIGESTER, blob.digester().code())
                .putU32(at + FEATURES, blob.features().bits())
                .putU64(at + COMPRESSED_SIZE, blob.compressedSize())
                .putU64(at + UNCOMPRESSED_SIZE, blob.uncompressedSize())
                .putU32(at + TOC_SIZE, blob.toc().size())
                .putU32(at + CI_COMPRESSOR, blob.meta().compressor().code())
                .putU64(at + CI_OFFSET, blob.meta().offset())
                .putU64(at + CI_COMPRESSED, blob.meta().compressedSize())
                .putU64(at + CI_UNCOMPRESSED, blob.meta().uncompressedSize())
                .putBytes(at + TOC_DIGEST, blob.toc().digest())
                .putU32(at + CIPHER, blob.cipher().code());
        if (blob.cipher() == Cipher.NONE) {
            file.putBytes(at + META_DIGEST, blob.metaDigest())
                    .putU64(at + META_SIZE, blob.metaSize());
        } else {
            file.putBytes(at + META_DIGEST, blob.cipherKey())
                    .putBytes(at + META_SIZE, blob.cipherIv());
        }
    }

    private static Compressor compressor(LittleEndian file, long at) {
        return Compressor.ofCode(file.u32(at))
                .orElseThrow(
                        () ->
                                file.corrupt(
                                        at,
                                        "a compressor code from 0 to 3",
                                        Long.toString(file.u32(at))));
    }

    private static long atMost(LittleEndian file, long at, long limit) {
        long value = file.u64(at);
        if (value > limit) {
            throw file.corrupt(at, "at most " + limit, Long.toString(value));
        }
        return value;
    }

    private static void same(LittleEndian file, long at, String what, long wanted, long found) {
        if (wanted != found) {
            throw file.corrupt(at, what + " " + wanted, Long.toString(found));
        }
    }
}
