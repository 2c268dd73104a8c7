package dev.naiad.blobcache;

import dev.naiad.base.error.NaiadException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A read that waits for flights. Where a chunk could not be kept on disk, its bytes are copied here
 * while the fetcher has them; otherwise nothing is held but the slices. What changes while it waits
 * is not safe by itself: {@link Flights} uses it under its lock.
 */
final class PendingRead {
    final MountAccount account;
    final List<ChunkSlice> slices;
    final long deadlineNanos;

    /** Flights not landed yet. */
    int missing;

    /** It waits for chunk tables and must look again when it has them. */
    boolean looksAgain;

    /** Its end is decided; the thread that decided calls the callback. */
    boolean settled;

    private final ReadCallback callback;
    // Elements are written by the fetcher of the slice's chunk, before the lock that counts the
    // flight as landed.
    private final @Nullable MemorySegment[] pieces;

    PendingRead(
            MountAccount account,
            List<ChunkSlice> slices,
            ReadCallback callback,
            long deadlineNanos) {
        this.account = account;
        this.slices = slices;
        this.callback = callback;
        this.deadlineNanos = deadlineNanos;
        this.pieces = new @Nullable MemorySegment[slices.size()];
    }

    /** Takes its part of a chunk that will not be on disk. */
    void keep(SharedBlob shared, int chunk, MemorySegment plain) {
        for (int i = 0; i < pieces.length; i++) {
            var slice = slices.get(i);
            if (slice.blob().shared == shared && slice.chunk() == chunk) {
                // Rare (full disk, no cache directory, compressed cache); the collector frees it
                // after the callback.
                var piece = Arena.ofAuto().allocate(slice.length());
                piece.copyFrom(plain.asSlice(slice.offset(), slice.length()));
                pieces[i] = piece;
            }
        }
    }

    boolean has(int slice) {
        return pieces[slice] != null;
    }

    /** Answers with the bytes. To be called once, by the thread that settled it, outside locks. */
    void succeed() {
        var bytes = new ArrayList<MemorySegment>(pieces.length);
        try {
            for (int i = 0; i < pieces.length; i++) {
                var piece = pieces[i];
                bytes.add(piece != null ? piece : slices.get(i).view());
            }
        } catch (RuntimeException e) {
            fail(FetchErrors.of("read of " + slices.getFirst().blob().shared, e));
            return;
        }
        try {
            account.metrics.readBytes.add(length());
            callback.onReady(bytes);
        } finally {
            account.finished();
        }
    }

    /** Answers with a failure. To be called once, by the thread that settled it, outside locks. */
    void fail(NaiadException failure) {
        try {
            account.metrics.failedReads.increment();
            callback.onFailure(failure);
        } finally {
            account.finished();
        }
    }

    long length() {
        long length = 0;
        for (var slice : slices) {
            length += slice.length();
        }
        return length;
    }
}
