package dev.naiad.rafs.blob;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.block.GzipHeader;
import dev.naiad.codec.stream.ContextInflater;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.GzipWindow;
import dev.naiad.rafs.StoredUnit;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From stored units to plain bytes: decrypts, then decompresses. For one thread: it keeps codecs,
 * the cipher of the blob that was read last, a window, and a buffer of the largest encrypted unit.
 */
public final class UnitDecoder {
    private static final int KEPT_BYTES = 2 << 20;

    private final Map<Compressor, BlockCodec> codecs = new EnumMap<>(Compressor.class);
    private @Nullable BlobInfo cipherOf;
    private @Nullable UnitCipher cipher;
    private byte[] decrypted = new byte[0];
    private byte[] window = new byte[0];
    private @Nullable ContextInflater inflater;

    /**
     * Decodes a unit; {@code stored} stays as it is.
     *
     * @param plain as large as the unit decodes to; filled
     * @throws CorruptFormatException if the bytes are not such a unit
     */
    public void decode(
            BlobInfo blob,
            StoredUnit unit,
            MemorySegment stored,
            MemorySegment plain,
            String what) {
        switch (unit) {
            case StoredUnit.Single single ->
                    block(
                            blob,
                            single.encrypted(),
                            single.compressed() ? Form.COMPRESSED : Form.RAW,
                            stored,
                            plain,
                            what);
            case StoredUnit.Batch batch ->
                    block(blob, batch.encrypted(), Form.BY_SIZE, stored, plain, what);
            case StoredUnit.Gzip gzip ->
                    inflater()
                            .inflate(
                                    stored,
                                    gzip.previousByte(),
                                    gzip.pendingBits(),
                                    window(gzip.dictionary()),
                                    plain,
                                    what);
        }
    }

    private MemorySegment window(GzipWindow of) {
        if (window.length < of.size()) {
            window = new byte[ContextInflater.MAX_WINDOW];
        }
        var target = MemorySegment.ofArray(window).asSlice(0, of.size());
        of.read(target);
        return target;
    }

    private ContextInflater inflater() {
        var known = inflater;
        if (known == null) {
            known = new ContextInflater();
            inflater = known;
        }
        return known;
    }

    private enum Form {
        RAW,
        COMPRESSED,
        BY_SIZE
    }

    private void block(
            BlobInfo blob,
            boolean encrypted,
            Form form,
            MemorySegment stored,
            MemorySegment plain,
            String what) {
        var clear = encrypted ? decrypt(blob, stored, plain, form == Form.RAW, what) : stored;
        boolean raw =
                switch (form) {
                    case RAW -> true;
                    case COMPRESSED -> false;
                    case BY_SIZE -> clear.byteSize() == plain.byteSize();
                };
        if (!raw && blob.compressor() == Compressor.GZIP) {
            member(clear, plain, what);
        } else if (!raw) {
            decompress(blob.compressor(), clear, plain, what);
        } else if (clear.byteSize() != plain.byteSize()) {
            throw new CorruptFormatException(
                    what, -1, plain.byteSize() + " raw bytes", clear.byteSize() + " bytes");
        } else {
            plain.copyFrom(clear);
        }
    }

    /** compat: of a member of an eStargz layer only an upper bound of its size is known. */
    private void member(MemorySegment stored, MemorySegment plain, String what) {
        var deflated = stored.asSlice(GzipHeader.length(stored, what));
        inflater().inflate(deflated, 0, 0, MemorySegment.NULL, plain, what);
    }

    private MemorySegment decrypt(
            BlobInfo blob, MemorySegment stored, MemorySegment plain, boolean raw, String what) {
        int size = (int) stored.byteSize();
        if (decrypted.length < size || decrypted.length > Math.max(size, KEPT_BYTES)) {
            decrypted = new byte[size];
        }
        var target = MemorySegment.ofArray(decrypted);
        int length = cipher(blob, what).decrypt(stored, target, raw ? plain.byteSize() : -1, what);
        return target.asSlice(0, length);
    }

    @SuppressWarnings("ReferenceEquality") // blobs that are equal may still have different keys
    private UnitCipher cipher(BlobInfo blob, String what) {
        var known = cipher;
        if (known == null || cipherOf != blob) {
            known = of(blob, what);
            cipher = known;
            cipherOf = blob;
        }
        return known;
    }

    /** The cipher of a blob with encrypted parts. */
    static UnitCipher of(BlobInfo blob, String what) {
        if (blob.cipher() == Cipher.NONE) {
            throw new CorruptFormatException(
                    what, -1, "a blob with a cipher for its encrypted chunks", "none");
        }
        return new UnitCipher(blob.cipherKey(), blob.cipherIv());
    }

    /** Fills {@code plain}. */
    public void decompress(
            Compressor compressor, MemorySegment stored, MemorySegment plain, String what) {
        codecs.computeIfAbsent(compressor, Compressor::codec)
                .decompressExactly(stored, plain, what);
    }
}
