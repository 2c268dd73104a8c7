package dev.naiad.convert.verify;

import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.ChunkRef;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an image says about its chunks beside what was found in the blobs. Chunks of a blob that did
 * not pass here (a dictionary's, a cached layer's) are taken by the checksum in their records.
 */
final class ChunkAudit {
    static final int DIGEST_BYTES = 32;

    private final String name;
    private final List<BlobChunks> records = new ArrayList<>();
    private final List<@Nullable BlobLedger> ledgers = new ArrayList<>();

    /**
     * Compares all records at once.
     *
     * @param ledger of a blob, if it passed here
     */
    ChunkAudit(String name, Bootstrap image, Function<BlobInfo, Optional<BlobLedger>> ledger) {
        this.name = name;
        for (BlobInfo blob : image.blobs()) {
            var chunks = image.chunks(blob.index());
            var found = ledger.apply(blob).filter(each -> usable(blob, each, chunks));
            found.ifPresent(each -> compare(name, blob.id(), chunks, each));
            records.add(chunks);
            ledgers.add(found.orElse(null));
        }
    }

    /** Batches, encrypted chunks and those of another blob are not the ledger's chunks. */
    private static boolean usable(BlobInfo blob, BlobLedger ledger, BlobChunks chunks) {
        if (blob.has(BlobFeatures.BATCH)) {
            // The records of a bootstrap do not say which chunks are in batches.
            return false;
        }
        for (int i = 0; i < chunks.count(); i++) {
            if (chunks.isKnown(i)
                    && (chunks.isBatch(i) || chunks.isZran(i) || chunks.isEncrypted(i))) {
                return false;
            }
        }
        return ledger.count() > 0;
    }

    /** Compares a chunk table with what was stored. */
    static void compareIfUsable(String name, BlobInfo blob, BlobChunks records, BlobLedger ledger) {
        if (usable(blob, ledger, records)) {
            compare(name, blob.id(), records, ledger);
        }
    }

    private static void compare(String name, String blob, BlobChunks records, BlobLedger ledger) {
        var digest = MemorySegment.ofArray(new byte[DIGEST_BYTES]);
        for (int i = 0; i < records.count(); i++) {
            if (!records.isKnown(i)) {
                continue;
            }
            if (i >= ledger.count()
                    || records.compressedOffset(i) != ledger.offset(i)
                    || records.compressedSize(i) != ledger.storedSize(i)
                    || records.uncompressedSize(i) != ledger.plainSize(i)
                    || records.isCompressed(i) != ledger.compressed(i)
                    || (records.hasCrc(i) && records.crc32c(i) != ledger.crc32c(i))) {
                throw differs(name, blob, i, "is recorded otherwise than it was stored");
            }
            byte[] found = ledger.digest(i);
            if (found != null && records.hasDigest(i)) {
                records.digest(i, digest);
                if (!Arrays.equals(found, (byte[]) digest.heapBase().orElseThrow())) {
                    throw differs(name, blob, i, "has the digest " + Hex.encode(found));
                }
            }
        }
    }

    private static NaiadException differs(String name, String blob, int index, String how) {
        return new NaiadException(
                ErrorKind.DATA_LOSS,
                "verify " + name + ": chunk " + index + " of blob " + blob + " " + how);
    }

    /** Whether a file's chunk holds bytes with that sum. */
    boolean holds(ChunkRef ref, int sum) {
        var chunks = records.get(ref.blobIndex());
        if (ref.chunkIndex() >= chunks.count() || !chunks.isKnown(ref.chunkIndex())) {
            throw differs(name, "number " + ref.blobIndex(), ref.chunkIndex(), "has no record");
        }
        var ledger = ledgers.get(ref.blobIndex());
        if (ledger != null) {
            return ledger.crc32c(ref.chunkIndex()) == sum;
        }
        return !chunks.hasCrc(ref.chunkIndex()) || chunks.crc32c(ref.chunkIndex()) == sum;
    }
}
