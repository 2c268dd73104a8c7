package dev.naiad.rafs.blob;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import java.lang.foreign.MemorySegment;

/**
 * Chunk information as it lies in a blob: compressed records and the header behind them, both
 * encrypted where the blob is. docs/formats/blob.md#chunk-information
 */
public final class StoredMeta {
    private StoredMeta() {}

    /** Bytes of records and header in the blob file, from {@code location().offset()} on. */
    public static long size(BlobInfo.MetaLocation location) {
        return Math.addExact(location.compressedSize(), BlobMetaHeader.SIZE);
    }

    /**
     * Decodes it into the form of the local cache file: records, zeros up to a page, header.
     *
     * @param stored {@link #size} bytes
     * @param cacheFile {@link BlobMeta#cacheFileSize} bytes; the caller has checked that the sizes
     *     are sane
     */
    public static void decode(
            BlobInfo blob,
            MemorySegment stored,
            MemorySegment cacheFile,
            UnitDecoder decoder,
            String what) {
        var location = blob.meta();
        var records = stored.asSlice(0, location.compressedSize());
        var header = stored.asSlice(location.compressedSize(), BlobMetaHeader.SIZE);
        if (blob.cipher() != Cipher.NONE) {
            var cipher = UnitDecoder.of(blob, what);
            records = decrypt(cipher, records, what);
            header = decrypt(cipher, header, what);
        }
        cacheFile.fill((byte) 0);
        var target = cacheFile.asSlice(0, location.uncompressedSize());
        if (location.compressor() != Compressor.NONE) {
            decoder.decompress(location.compressor(), records, target, what);
        } else if (records.byteSize() != target.byteSize()) {
            throw new CorruptFormatException(
                    what, -1, "equal sizes of a table stored plain", location.toString());
        } else {
            target.copyFrom(records);
        }
        cacheFile.asSlice(cacheFile.byteSize() - BlobMetaHeader.SIZE).copyFrom(header);
    }

    private static MemorySegment decrypt(UnitCipher cipher, MemorySegment stored, String what) {
        var clear = MemorySegment.ofArray(new byte[(int) stored.byteSize()]);
        return clear.asSlice(0, cipher.decrypt(stored, clear, -1, what));
    }
}
