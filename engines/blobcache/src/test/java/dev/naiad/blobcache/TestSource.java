package dev.naiad.blobcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendCounters;
import dev.naiad.backend.ReadOptions;
import dev.naiad.backend.ReadPriority;
import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A backend in memory that keeps a list of its requests and can be told to misbehave. */
final class TestSource implements Backend {
    /** What a request asks for, before it is answered; may block, throw, or change the bytes. */
    interface Fault {
        /** Gets a copy of the bytes that will be sent. */
        void on(Request request, byte[] answer);
    }

    record Request(ByteRange range, boolean prefetch, boolean direct) {}

    private final byte[] file;
    private final java.util.Map<String, byte[]> others = new java.util.HashMap<>();

    @GuardedBy("requests") private final List<Request> requests = new ArrayList<>();

    @GuardedBy("random") private final Random random = new Random(1);

    private volatile @Nullable Fault fault;

    TestSource(TestBlob blob) {
        this(blob.file);
    }

    TestSource(byte[] file) {
        this.file = file;
    }

    /** Has another blob, too. */
    TestSource with(String blobId, byte[] blob) {
        others.put(blobId, blob);
        return this;
    }

    void onRequest(@Nullable Fault newFault) {
        fault = newFault;
    }

    @Override
    public String type() {
        return "test";
    }

    @Override
    public long size(String blobId, Deadline deadline) {
        return file.length;
    }

    @Override
    public InputStream stream(
            String blobId, long offset, ReadPriority priority, Deadline deadline) {
        throw new UnsupportedOperationException();
    }

    @Override
    public BackendCounters metrics() {
        return new BackendCounters("test");
    }

    @Override
    public void close() {}

    @Override
    public void read(
            String blobId,
            long offset,
            MemorySegment target,
            ReadPriority priority,
            Deadline deadline) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void read(String blobId, long offset, MemorySegment target, ReadOptions options) {
        var range = new ByteRange(offset, target.byteSize());
        boolean prefetch = options.priority() == ReadPriority.PREFETCH;
        var request = new Request(range, prefetch, options.direct());
        synchronized (requests) {
            requests.add(request);
        }
        byte[] from = others.getOrDefault(blobId, file);
        if (range.endExclusive() > from.length) {
            throw new NaiadException(ErrorKind.OUT_OF_RANGE, range + " of " + from.length);
        }
        var answer =
                java.util.Arrays.copyOfRange(
                        from, (int) range.offset(), (int) range.endExclusive());
        var now = fault;
        if (now != null) {
            now.on(request, answer);
        }
        for (int at = 0; at < answer.length; ) {
            int step;
            synchronized (random) {
                step = Math.min(answer.length - at, 1 + random.nextInt(64 << 10));
            }
            MemorySegment.copy(
                    answer, 0 + at, target, java.lang.foreign.ValueLayout.JAVA_BYTE, at, step);
            at += step;
            options.progress().accept(at);
        }
    }

    List<Request> requests() {
        synchronized (requests) {
            return List.copyOf(requests);
        }
    }

    long bytes() {
        return requests().stream().mapToLong(request -> request.range.length()).sum();
    }

    /** A gate for {@link Fault}s: requests stop at it until it is opened. */
    static final class Gate {
        private final CountDownLatch arrived = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);

        void pass() {
            arrived.countDown();
            await(open);
        }

        void awaitArrival() {
            await(arrived);
        }

        void open() {
            open.countDown();
        }

        static void await(CountDownLatch latch) {
            try {
                if (!latch.await(20, TimeUnit.SECONDS)) {
                    throw new AssertionError("nothing happened for 20 seconds");
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
