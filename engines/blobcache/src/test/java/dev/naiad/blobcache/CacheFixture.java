package dev.naiad.blobcache;

import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.chunkmap.BootId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** An engine with a mount and a clock that stands still until told. */
final class CacheFixture implements AutoCloseable {
    final AtomicLong nanos = new AtomicLong(1);
    final Ticker ticker = nanos::get;
    final BlobCache cache;
    final MountCache mount;

    CacheFixture(BlobCacheLimits limits, CacheConfig config) {
        this(limits, config, BootId.current());
    }

    CacheFixture(BlobCacheLimits limits, CacheConfig config, BootId boot) {
        this.cache = BlobCache.open(limits, () -> Instant.EPOCH, ticker, boot);
        this.mount = cache.mount(config);
    }

    CacheFixture(CacheConfig config) {
        this(BlobCacheLimits.DEFAULT, config);
    }

    CachedBlob open(TestBlob blob, TestSource source) {
        return mount.open(blob.info(), blob, source);
    }

    /** The whole chunk. */
    static ChunkSlice chunk(CachedBlob blob, TestBlob source, int index) {
        return new ChunkSlice(blob, index, 0, source.uncompressedSize(index));
    }

    /** Reads as a file system does: the fast way, else the slow one, waiting for it. */
    byte[] read(List<ChunkSlice> slices) {
        int length = slices.stream().mapToInt(ChunkSlice::length).sum();
        var views = new ArrayList<MemorySegment>();
        if (mount.tryRead(slices, views)) {
            return join(views, length);
        }
        try (var arena = Arena.ofShared()) {
            var target = arena.allocate(length);
            mount.readFully(slices, target);
            return target.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    byte[] read(ChunkSlice slice) {
        return read(List.of(slice));
    }

    private static byte[] join(List<MemorySegment> views, int length) {
        var bytes = new byte[length];
        int at = 0;
        for (var view : views) {
            MemorySegment.copy(view, ValueLayout.JAVA_BYTE, 0, bytes, at, (int) view.byteSize());
            at += (int) view.byteSize();
        }
        return bytes;
    }

    /** Starts a read. */
    Answer start(ChunkSlice... slices) {
        var answer = new Answer();
        mount.read(List.of(slices), answer);
        return answer;
    }

    /** Waits for a condition that another thread brings about. */
    static void await(BooleanSupplier condition) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new AssertionError("nothing happened for 20 seconds");
            }
            Thread.onSpinWait();
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    /** What a read ended with. */
    static final class Answer implements ReadCallback {
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile byte @Nullable [] bytes;
        private volatile @Nullable NaiadException failure;

        @Override
        public void onReady(List<MemorySegment> pieces) {
            bytes = join(pieces, (int) pieces.stream().mapToLong(MemorySegment::byteSize).sum());
            end();
        }

        @Override
        public void onFailure(NaiadException cause) {
            failure = cause;
            end();
        }

        private void end() {
            if (done.getCount() == 0) {
                throw new AssertionError("answered twice");
            }
            done.countDown();
        }

        boolean isDone() {
            return done.getCount() == 0;
        }

        byte[] bytes() {
            TestSource.Gate.await(done);
            var present = bytes;
            if (present == null) {
                throw new AssertionError("no bytes but " + failure, failure);
            }
            return present;
        }

        NaiadException failure() {
            TestSource.Gate.await(done);
            var present = failure;
            if (present == null) {
                throw new AssertionError("bytes instead of a failure");
            }
            return present;
        }
    }

    @Override
    public void close() {
        cache.close();
    }
}
