package dev.naiad.blobcache;

/**
 * A run of chunks to load ahead of readers; a cursor, so that a whole blob costs no more memory
 * than one chunk. Not safe by itself: {@link Workers} uses it under its lock.
 */
final class PrefetchTask {
    private final CachedBlob blob;
    private int next;
    private int end;

    /** Not before this moment of the ticker. */
    long notBeforeNanos;

    PrefetchTask(CachedBlob blob, int first, int end) {
        this.blob = blob;
        this.next = first;
        this.end = end;
    }

    CachedBlob blob() {
        return blob;
    }

    /** The next chunk, or -1. */
    int next() {
        return next < end ? next++ : -1;
    }

    /** Adds the run {@code first..last} if it continues this task. */
    boolean append(CachedBlob other, int first, int otherEnd) {
        if (other != blob || first > end || first < next) {
            return false;
        }
        end = Math.max(end, otherEnd);
        return true;
    }

    int size() {
        return end - next;
    }

    boolean isDone() {
        return next >= end;
    }

    void drop() {
        next = end;
    }

    /** Goes back, so that a chunk whose request failed comes again. */
    void rewindTo(int chunk) {
        next = Math.min(next, chunk);
    }
}
