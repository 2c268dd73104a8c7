package dev.naiad.blobcache;

import static dev.naiad.blobcache.CacheFixture.chunk;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image whose chunk list cannot be read suffers; the daemon's other images do not. */
class HostileChunkListTest {
    private static final int THREADS = 2;

    @TempDir Path directory;

    private CacheFixture fixture(CacheConfig config) {
        return new CacheFixture(
                new BlobCacheLimits(32 << 20, THREADS, THREADS, Duration.ofSeconds(60)), config);
    }

    @Test
    void aChunkWithoutAPlaceFailsItsReadersAndNoThreadIsLost() {
        var bad = TestBlob.plain(1, 20, 5000);
        for (int i = 0; i < 10; i++) {
            bad.spoil(i);
        }
        var healthy = TestBlob.plain(2, 10, 5000);
        try (var fixture = fixture(CacheConfig.in(directory).withBatchBytes(1))) {
            var hostile = fixture.open(bad, new TestSource(bad));
            var cached = fixture.open(healthy, new TestSource(healthy));
            for (int i = 0; i < 10; i++) {
                assertThat(fixture.start(chunk(hostile, bad, i)).failure().what())
                        .contains("chunk " + i + " has no place");
                assertThat(fixture.read(chunk(cached, healthy, i))).isEqualTo(healthy.chunk(i));
            }
            assertThat(fixture.read(chunk(hostile, bad, 15))).isEqualTo(bad.chunk(15));
            assertThat(fixture.mount.snapshot().failedReads()).isEqualTo(10);
        }
    }

    @Test
    void aBadNeighbourDoesNotHurtTheReadThatWouldHaveTakenItAlong() {
        var blob = TestBlob.plain(1, 6, 5000);
        blob.spoil(2);
        try (var fixture = fixture(CacheConfig.in(directory))) {
            var cached = fixture.open(blob, new TestSource(blob));
            for (int i : new int[] {0, 1, 3, 4, 5}) {
                assertThat(fixture.read(chunk(cached, blob, i))).isEqualTo(blob.chunk(i));
            }
            assertThat(fixture.start(chunk(cached, blob, 2)).failure().what())
                    .contains("chunk 2 has no place");
        }
    }

    @Test
    void prefetchLeavesOutWhatItCannotFindAndGoesOn() {
        var bad = TestBlob.plain(1, 20, 5000);
        for (int i = 5; i < 15; i++) {
            bad.spoil(i);
        }
        var healthy = TestBlob.plain(2, 10, 5000);
        var prefetch = new CacheConfig.Prefetch(true, THREADS, 1, 0);
        try (var fixture = fixture(CacheConfig.in(directory).withPrefetch(prefetch))) {
            var hostile = fixture.open(bad, new TestSource(bad));
            var cached = fixture.open(healthy, new TestSource(healthy));
            fixture.mount.prefetchAll(hostile);
            fixture.mount.prefetchAll(cached);
            CacheFixture.await(() -> cached.readyChunks() == 10 && hostile.readyChunks() == 10);
        }
    }
}
