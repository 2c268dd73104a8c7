package dev.naiad.builder;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.builder.load.BlobAccess;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.blob.BlobReader;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * Reads a blob of an image completely: its size, its own chunk information beside the bootstrap's
 * records, and every chunk that the image uses. The first contradiction is thrown.
 */
public final class BlobCheck {
    private BlobCheck() {}

    /**
     * Checks one blob.
     *
     * @param blob of {@code image}, perhaps under a better id
     * @param blobs opens it, and the one with its chunk information if that is another
     * @return chunks that were read
     */
    public static int check(Bootstrap image, BlobInfo blob, Function<BlobInfo, ByteSource> blobs) {
        var source = blobs.apply(blob);
        checkSize(blob, source);
        var listed = image.chunks(blob.index());
        // An external blob has no table.
        boolean elsewhere = blob.has(BlobFeatures.SEPARATE | BlobFeatures.EXTERNAL);
        if (blob.meta().uncompressedSize() > 0 && !elsewhere) {
            var own = new BlobReader(source, blob).meta();
            for (int i = 0; i < listed.count(); i++) {
                if (!listed.isKnown(i) || own.isBatch(i)) {
                    continue;
                }
                if (i >= own.count()
                        || own.compressedOffset(i) != listed.compressedOffset(i)
                        || own.compressedSize(i) != listed.compressedSize(i)
                        || own.uncompressedOffset(i) != listed.uncompressedOffset(i)
                        || own.uncompressedSize(i) != listed.uncompressedSize(i)) {
                    throw new CorruptFormatException(
                            source.name(),
                            blob.meta().offset(),
                            "chunk " + i + " as " + image.name() + " has it",
                            "another place or size");
                }
            }
        }
        var access = BlobAccess.open(image, blob, blobs);
        byte[] plain = new byte[image.chunkSize()];
        int read = 0;
        for (int i = 0; i < listed.count(); i++) {
            if (listed.isKnown(i)) {
                access.chunk(
                        i, MemorySegment.ofArray(plain).asSlice(0, listed.uncompressedSize(i)));
                read++;
            }
        }
        return read;
    }

    /** An inlined bootstrap says less: it cannot know the final size of its blob. */
    private static void checkSize(BlobInfo blob, ByteSource source) {
        boolean whole =
                blob.has(BlobFeatures.CAP_TAR_TOC)
                        && !blob.has(BlobFeatures.INLINED_FS_META | BlobFeatures.EXTERNAL);
        if (whole
                ? source.size() != blob.compressedSize()
                : source.size() < blob.compressedSize()) {
            throw new CorruptFormatException(
                    source.name(),
                    -1,
                    (whole ? "" : "at least ") + blob.compressedSize() + " bytes",
                    source.size() + " bytes");
        }
    }
}
