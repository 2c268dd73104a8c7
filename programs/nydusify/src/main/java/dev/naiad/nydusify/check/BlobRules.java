package dev.naiad.nydusify.check;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.load.BlobAccess;
import dev.naiad.convert.pull.BlobBytes;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether the blobs hold what the bootstrap says: every chunk that it knows is fetched, decoded and
 * compared with its digest. Blobs are read at the same time, a few at once.
 */
final class BlobRules {
    private static final int BLOBS_AT_ONCE = 3;

    private final BlobBytes blobs;

    BlobRules(BlobBytes blobs) {
        this.blobs = blobs;
    }

    /** Checks all blobs; gives the number of chunks. */
    long check(Bootstrap bootstrap) throws InterruptedException {
        var checked = new AtomicLong();
        try (var group = TaskGroup.open("check", Deadline.never(), BLOBS_AT_ONCE)) {
            for (BlobInfo blob : bootstrap.blobs()) {
                group.fork(() -> checked.addAndGet(check(bootstrap, blob)));
            }
            group.joinOrThrow();
        }
        return checked.get();
    }

    private long check(Bootstrap bootstrap, BlobInfo blob) {
        var chunks = bootstrap.chunks(blob.index());
        long checked = 0;
        try {
            var access = BlobAccess.open(bootstrap, blob, blobs::open);
            byte[] buffer = new byte[0];
            for (int i = 0; i < chunks.count(); i++) {
                if (!chunks.isKnown(i)) {
                    continue;
                }
                int size = chunks.uncompressedSize(i);
                if (size < 0 || size > bootstrap.chunkSize()) {
                    throw CheckFailure.of(
                            "blob", "chunk " + i + " of blob " + blob.id() + " is too large");
                }
                if (buffer.length < size) {
                    buffer = new byte[size];
                }
                access.chunk(i, MemorySegment.ofArray(buffer).asSlice(0, size));
                checked++;
            }
            return checked;
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.DATA_LOSS || e.kind() == ErrorKind.NOT_FOUND) {
                throw CheckFailure.of("blob", "blob " + blob.id() + ": " + e.what());
            }
            throw e;
        }
    }
}
