package dev.naiad.convert.check;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Whether the blobs hold what the bootstrap says: every chunk that it knows is fetched,
 * decompressed and compared with its digest. Neighbours are fetched together.
 */
final class BlobRules {
    private static final long FETCH_BYTES = 4 << 20;
    private static final int DIGEST_BYTES = 32;
    private static final int SLACK_BYTES = 4096;

    private final ImageSource source;

    BlobRules(ImageSource source) {
        this.source = source;
    }

    /** Checks all blobs; gives the number of chunks. */
    long check(Bootstrap bootstrap) {
        long checked = 0;
        for (int i = 0; i < bootstrap.blobs().size(); i++) {
            checked += check(bootstrap.blobs().get(i), bootstrap.chunks(i));
        }
        return checked;
    }

    private long check(BlobInfo blob, BlobChunks chunks) {
        long checked = 0;
        int at = 0;
        while (at < chunks.count()) {
            if (!checkable(blob, chunks, at)) {
                at++;
                continue;
            }
            int end = at + 1;
            long begin = chunks.compressedOffset(at);
            long stop = begin + chunks.compressedSize(at);
            while (end < chunks.count()
                    && checkable(blob, chunks, end)
                    && chunks.compressedOffset(end) >= begin
                    && chunks.compressedOffset(end) + chunks.compressedSize(end) - begin
                            <= FETCH_BYTES) {
                stop = Math.max(stop, chunks.compressedOffset(end) + chunks.compressedSize(end));
                end++;
            }
            checkRun(blob, chunks, at, end, begin, stop);
            checked += end - at;
            at = end;
        }
        return checked;
    }

    /** Batches, gzip streams and encrypted chunks need more than their own bytes. */
    private static boolean checkable(BlobInfo blob, BlobChunks chunks, int index) {
        if (chunks.isKnown(index)
                && (chunks.uncompressedSize(index) > blob.chunkSize()
                        || chunks.compressedSize(index) > 2 * blob.chunkSize() + SLACK_BYTES)) {
            throw CheckCommand.failed(
                    "blob", "chunk " + index + " of blob " + blob.id() + " is too large");
        }
        return chunks.isKnown(index)
                && chunks.hasDigest(index)
                && !chunks.isBatch(index)
                && !chunks.isZran(index)
                && !chunks.isEncrypted(index)
                && chunks.compressedSize(index) > 0;
    }

    private void checkRun(
            BlobInfo blob, BlobChunks chunks, int from, int to, long begin, long stop) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment stored = arena.allocate(stop - begin);
            source.read(Digest.parse("sha256:" + blob.id()), begin, stored, Deadline.never());
            var codec = blob.compressor().codec();
            var hasher = blob.digester().hasher();
            MemorySegment buffer = arena.allocate(blob.chunkSize());
            MemorySegment wanted = arena.allocate(DIGEST_BYTES);
            for (int i = from; i < to; i++) {
                MemorySegment chunk =
                        stored.asSlice(
                                chunks.compressedOffset(i) - begin, chunks.compressedSize(i));
                if (chunks.isCompressed(i)) {
                    MemorySegment plain = buffer.asSlice(0, chunks.uncompressedSize(i));
                    codec.decompressExactly(chunk, plain, "chunk " + i + " of blob " + blob.id());
                    chunk = plain;
                }
                byte[] found = hasher.hash(chunk);
                chunks.digest(i, wanted);
                byte[] expected = wanted.toArray(ValueLayout.JAVA_BYTE);
                if (!java.util.Arrays.equals(found, expected)) {
                    throw CheckCommand.failed(
                            "blob",
                            "chunk "
                                    + i
                                    + " of blob "
                                    + blob.id()
                                    + " has digest "
                                    + Hex.encode(found)
                                    + " instead of "
                                    + Hex.encode(expected));
                }
            }
        }
    }
}
