package dev.naiad.blobcache;

import static dev.naiad.blobcache.CacheFixture.chunk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.blobcache.chunkmap.BootId;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a cache says after a power cut: bits that outlived their bytes are found out. */
class PowerCutTest {
    private static final int CHUNKS = 20;
    private static final BootId BEFORE = new BootId(new UUID(1, 1));
    private static final BootId AFTER = new BootId(new UUID(2, 2));

    @TempDir Path directory;

    private final TestBlob blob = TestBlob.plain(7, CHUNKS, 5000);
    private final TestSource source = new TestSource(blob);

    private CacheFixture boot(BootId boot) {
        return boot(boot, CacheConfig.in(directory).withBatchBytes(1));
    }

    private static CacheFixture boot(BootId boot, CacheConfig config) {
        return new CacheFixture(BlobCacheLimits.DEFAULT, config, boot);
    }

    /** Reads the first {@code count} chunks. */
    private void fill(BootId boot, int count) {
        try (var fixture = boot(boot)) {
            readAll(fixture, count);
        }
    }

    private void readAll(CacheFixture fixture, int count) {
        var cached = fixture.open(blob, source);
        for (int i = 0; i < count; i++) {
            assertThat(fixture.read(chunk(cached, blob, i)))
                    .as("chunk %d", i)
                    .isEqualTo(blob.chunk(i));
        }
    }

    /** The bytes that the disk did not get. */
    private void loseChunks(int from, int to) throws Exception {
        try (var data =
                FileChannel.open(
                        directory.resolve(blob.id + ".blob.data"), StandardOpenOption.WRITE)) {
            long start = blob.uncompressedOffset(from);
            data.write(ByteBuffer.allocate((int) (blob.uncompressedOffset(to) - start)), start);
        }
    }

    private Path record(String kind) {
        return directory.resolve(blob.id + ".blob.data.naiad_" + kind);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1 << 20})
    void chunksThatTurnedIntoZerosAreFetchedAgain(long batchBytes) throws Exception {
        fill(BEFORE, CHUNKS - 1);
        loseChunks(3, 9);
        try (var fixture = boot(AFTER, CacheConfig.in(directory).withBatchBytes(batchBytes))) {
            readAll(fixture, CHUNKS - 1);
            assertThat(source.requests()).hasSize(CHUNKS - 1 + 6);
            assertThat(fixture.mount.snapshot().badChunks()).isEqualTo(6);
            assertThat(fixture.mount.snapshot().checkedChunks()).isEqualTo(CHUNKS - 1 - 6);
        }
    }

    @Test
    void withoutItsBackendALostChunkIsAnErrorAndNotZeros() throws Exception {
        fill(BEFORE, CHUNKS - 1);
        loseChunks(3, 9);
        source.onRequest(
                (request, answer) -> {
                    throw new NaiadException(ErrorKind.UNAVAILABLE, "registry is down");
                });
        try (var fixture = boot(AFTER)) {
            var cached = fixture.open(blob, source);
            assertThat(fixture.start(chunk(cached, blob, 5)).failure().kind())
                    .isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(fixture.start(chunk(cached, blob, 5)).failure().kind())
                    .isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(fixture.read(chunk(cached, blob, 2))).isEqualTo(blob.chunk(2));
        }
    }

    @Test
    void underTheSameBootNothingIsDigestedAgain() {
        fill(BEFORE, CHUNKS - 1);
        try (var fixture = boot(BEFORE)) {
            readAll(fixture, CHUNKS - 1);
            assertThat(fixture.mount.snapshot().checkedChunks()).isZero();
            assertThat(fixture.mount.snapshot().wholeHits()).isEqualTo(CHUNKS - 1);
        }
    }

    @Test
    void aChunkIsDigestedOnceABootWhicheverDaemonReadsIt() {
        fill(BEFORE, CHUNKS - 1);
        try (var one = boot(AFTER);
                var other = boot(AFTER)) {
            readAll(one, CHUNKS - 1);
            readAll(one, CHUNKS - 1);
            readAll(other, CHUNKS - 1);
            assertThat(one.mount.snapshot().checkedChunks()).isEqualTo(CHUNKS - 1);
            assertThat(other.mount.snapshot().checkedChunks()).isZero();
        }
        fill(AFTER, CHUNKS - 1);
        assertThat(source.requests()).hasSize(CHUNKS - 1);
    }

    @Test
    void aCacheOfTheOriginalIsDigestedAtItsFirstUse() throws Exception {
        fill(BEFORE, CHUNKS - 1);
        Files.delete(record("checked"));
        try (var fixture = boot(BEFORE)) {
            readAll(fixture, CHUNKS - 1);
            assertThat(fixture.mount.snapshot().checkedChunks()).isEqualTo(CHUNKS - 1);
        }
        assertThat(source.requests()).hasSize(CHUNKS - 1);
    }

    @Test
    void aCompleteCacheIsSyncedAndNotDigestedUnderTheNextBoot() {
        fill(BEFORE, CHUNKS);
        CacheFixture.await(() -> Files.exists(record("synced")));
        try (var fixture = boot(AFTER)) {
            readAll(fixture, CHUNKS);
            assertThat(fixture.mount.snapshot().checkedChunks()).isZero();
        }
        assertThat(source.requests()).hasSize(CHUNKS);
    }

    @Test
    void recordsOfAnotherDataFileSayNothing() throws Exception {
        fill(BEFORE, CHUNKS);
        CacheFixture.await(() -> Files.exists(record("synced")));
        Path data = directory.resolve(blob.id + ".blob.data");
        Path copy = directory.resolve("copy");
        Files.write(copy, new byte[blob.plain.length]);
        Files.move(copy, data, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        for (var boot : new BootId[] {BEFORE, AFTER}) {
            try (var fixture = boot(boot)) {
                readAll(fixture, CHUNKS);
            }
        }
        assertThat(source.requests()).hasSize(2 * CHUNKS);
    }

    @Test
    void whatWasSyncedIsForgottenBeforeABadChunkIsWrittenAgain() throws Exception {
        fill(BEFORE, CHUNKS);
        CacheFixture.await(() -> Files.exists(record("synced")));
        Files.delete(record("checked"));
        Files.write(record("synced"), new byte[10]);
        loseChunks(0, 1);
        try (var fixture = boot(AFTER)) {
            assertThat(fixture.read(chunk(fixture.open(blob, source), blob, 0)))
                    .isEqualTo(blob.chunk(0));
            assertThat(record("synced")).doesNotExist();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"data", "raw"})
    void chunksWithoutADigestAreFetchedAgainOnceABoot(String mode) {
        blob.dropDigests();
        var config = CacheConfig.in(directory).withBatchBytes(1);
        if (mode.equals("raw")) {
            config = config.keepingCompressed();
        }
        for (var boot : new BootId[] {BEFORE, BEFORE, AFTER, AFTER}) {
            try (var fixture = boot(boot, config)) {
                readAll(fixture, CHUNKS - 1);
            }
        }
        assertThat(source.requests()).hasSize(2 * (CHUNKS - 1));
    }
}
