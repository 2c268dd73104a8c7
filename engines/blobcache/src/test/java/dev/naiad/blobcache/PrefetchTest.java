package dev.naiad.blobcache;

import static dev.naiad.blobcache.CacheFixture.chunk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrefetchTest {
    @TempDir Path directory;

    private CacheConfig config(int threads, long merging, long bandwidth) {
        return CacheConfig.in(directory)
                .withBatchBytes(1)
                .withPrefetch(new CacheConfig.Prefetch(true, threads, merging, bandwidth));
    }

    @Test
    void aWholeBlobComesInMergedRequestsEachByteOnce() {
        var blob = TestBlob.plain(1, 100, 4096);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(config(4, 10 * 4096, 0))) {
            var cached = fixture.open(blob, source);
            fixture.mount.prefetchAll(cached);
            CacheFixture.await(() -> cached.readyChunks() == 100);
            CacheFixture.await(() -> fixture.mount.snapshot().prefetchRequestsCount() == 10);
            assertThat(fixture.mount.snapshot().prefetchDataAmount()).isEqualTo(100 * 4096);
        }
        assertThat(source.requests()).hasSize(10).allMatch(TestSource.Request::prefetch);
        assertThat(source.bytes()).isEqualTo(100 * 4096);
    }

    @Test
    void whatIsThereOrNotPartOfTheImageIsNotFetched() {
        var blob = TestBlob.plain(1, 10, 4096);
        blob.unlist(8);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(config(2, 4096, 0))) {
            var cached = fixture.open(blob, source);
            fixture.read(chunk(cached, blob, 3));
            fixture.mount.prefetch(cached, 2, 100);
            CacheFixture.await(() -> cached.readyChunks() == 7);
        }
        assertThat(source.requests())
                .extracting(request -> request.range().offset() / 4096)
                .containsExactlyInAnyOrder(3L, 2L, 4L, 5L, 6L, 7L, 9L);
    }

    @Test
    void readersDoNotWaitBehindPrefetch() {
        var blob = TestBlob.plain(1, 50, 4096);
        var source = new TestSource(blob);
        var gate = new TestSource.Gate();
        source.onRequest(
                (request, answer) -> {
                    if (request.prefetch()) {
                        gate.pass();
                    }
                });
        try (var fixture = new CacheFixture(config(2, 4096, 0))) {
            var cached = fixture.open(blob, source);
            fixture.mount.prefetchAll(cached);
            gate.awaitArrival();
            assertThat(fixture.read(chunk(cached, blob, 40))).isEqualTo(blob.chunk(40));
            var joins = fixture.start(chunk(cached, blob, 0));
            gate.open();
            assertThat(joins.bytes()).isEqualTo(blob.chunk(0));
            CacheFixture.await(() -> cached.readyChunks() == 50);
        }
        assertThat(source.bytes()).isEqualTo(50 * 4096);
    }

    @Test
    void aFullBucketLetsASecondsWorthGoAndThenWaits() {
        int chunk = 1 << 20;
        var blob = TestBlob.plain(1, 24, chunk);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(config(1, chunk, 16L << 20))) {
            var cached = fixture.open(blob, source);
            fixture.mount.prefetchAll(cached);
            // 16 leave nothing in the bucket, the 17th runs it into debt.
            CacheFixture.await(() -> cached.readyChunks() == 17);
            fixture.nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
            CacheFixture.await(() -> cached.readyChunks() == 24);
        }
    }

    @Test
    void aFailedPrefetchComesAgainAfterASecond() {
        var blob = TestBlob.plain(1, 3, 4096);
        var source = new TestSource(blob);
        var failures = new AtomicInteger();
        source.onRequest(
                (request, answer) -> {
                    if (failures.getAndIncrement() < 1) {
                        throw new NaiadException(ErrorKind.UNAVAILABLE, "later");
                    }
                });
        try (var fixture = new CacheFixture(config(1, 1 << 20, 0))) {
            var cached = fixture.open(blob, source);
            fixture.mount.prefetchAll(cached);
            CacheFixture.await(() -> failures.get() == 1);
            CacheFixture.await(
                    () -> {
                        fixture.nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(100));
                        return cached.readyChunks() == 3;
                    });
        }
        assertThat(source.requests()).hasSize(2);
    }

    @Test
    void aReaderThatJoinedAFailingPrefetchGetsItsOwnRequest() {
        var blob = TestBlob.plain(1, 1, 4096);
        var source = new TestSource(blob);
        var gate = new TestSource.Gate();
        source.onRequest(
                (request, answer) -> {
                    if (request.prefetch()) {
                        gate.pass();
                        throw new NaiadException(
                                ErrorKind.RESOURCE_EXHAUSTED, "too many prefetches");
                    }
                });
        try (var fixture = new CacheFixture(config(1, 1 << 20, 0))) {
            var cached = fixture.open(blob, source);
            fixture.mount.prefetchAll(cached);
            gate.awaitArrival();
            var reader = fixture.start(chunk(cached, blob, 0));
            gate.open();
            assertThat(reader.bytes()).isEqualTo(blob.chunk(0));
        }
    }

    @Test
    void nothingIsPrefetchedUnlessItIsEnabled() {
        var blob = TestBlob.plain(1, 3, 4096);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(CacheConfig.in(directory).withBatchBytes(1))) {
            var cached = fixture.open(blob, source);
            fixture.mount.prefetchAll(cached);
            fixture.read(chunk(cached, blob, 0));
        }
        assertThat(source.requests()).hasSize(1);
    }

    @Test
    void closingTheMountEndsItsPrefetch() {
        var blob = TestBlob.plain(1, 1000, 4096);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(config(1, 1, 0))) {
            var cached = fixture.open(blob, source);
            fixture.mount.prefetchAll(cached);
            CacheFixture.await(() -> cached.readyChunks() > 0);
            fixture.mount.close();
            int atClose = source.requests().size();
            var other = fixture.cache.mount(config(1, 1 << 20, 0));
            var again = other.open(blob.info(), blob, new TestSource(blob));
            other.prefetchAll(again);
            CacheFixture.await(() -> again.readyChunks() == 1000);
            assertThat(source.requests()).hasSize(atClose);
        }
    }
}
