package dev.naiad.blobcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunks that share a stored unit: it is fetched and decoded once, each of them is checked. */
class UnitReadTest {
    private static final int MEMBERS = 40;

    @TempDir Path directory = Path.of("");

    private static ChunkSlice whole(CachedBlob handle, UnitBlob blob, int chunk) {
        return new ChunkSlice(handle, chunk, 0, blob.uncompressedSize(chunk));
    }

    private static void assertAllReadable(CacheFixture cache, CachedBlob handle, UnitBlob blob) {
        for (int i = 0; i < blob.count(); i++) {
            assertThat(cache.read(whole(handle, blob, i)))
                    .as("chunk %d", i)
                    .isEqualTo(blob.chunk(i));
        }
    }

    /** No neighbours, so that each unit is a request. */
    private CacheConfig one() {
        return CacheConfig.in(directory).withBatchBytes(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneRequestBringsAllMembersOfABatch(boolean encrypted) {
        var blob = UnitBlob.of(1, 3, MEMBERS, encrypted);
        var source = new TestSource(blob.file);
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob, source);
            // From the middle: what lies before comes, too.
            assertThat(cache.read(whole(handle, blob, 20))).isEqualTo(blob.chunk(20));
            assertThat(source.requests()).as("chunk table and batch").hasSize(2);
            // The reader is answered before the others have landed.
            CacheFixture.await(() -> handle.readyChunks() == MEMBERS);
            for (int i = 0; i < MEMBERS; i++) {
                assertThat(cache.mount.tryRead(List.of(whole(handle, blob, i)), new ArrayList<>()))
                        .as("chunk %d", i)
                        .isTrue();
            }
            assertAllReadable(cache, handle, blob);
            assertThat(source.requests()).as("a table, three batches, three chunks").hasSize(7);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void neighboursComeInTheSameRequest(boolean encrypted) {
        var blob = UnitBlob.of(2, 5, 10, encrypted);
        var source = new TestSource(blob.file);
        try (var cache = new CacheFixture(CacheConfig.in(directory))) {
            var handle = cache.mount.open(blob.info(), blob, source);
            assertThat(cache.read(whole(handle, blob, 3))).isEqualTo(blob.chunk(3));
            assertAllReadable(cache, handle, blob);
            assertThat(source.requests()).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theCacheKeepsWhatWasFetchedForTheNextDaemon(boolean encrypted) {
        var blob = UnitBlob.of(3, 2, MEMBERS, encrypted);
        try (var cache = new CacheFixture(one())) {
            assertAllReadable(
                    cache, cache.mount.open(blob.info(), blob, new TestSource(blob.file)), blob);
        }
        // The local chunk table is plain, so that others can read it, too.
        var nothing = new TestSource(new byte[0]);
        try (var cache = new CacheFixture(one())) {
            assertAllReadable(cache, cache.mount.open(blob.info(), blob, nothing), blob);
            assertThat(nothing.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withoutACacheDirectoryAndWithACompressedOneToo(boolean encrypted) throws Exception {
        var blob = UnitBlob.of(4, 2, MEMBERS, encrypted);
        var source = new TestSource(blob.file);
        try (var cache = new CacheFixture(CacheConfig.none().withBatchBytes(1))) {
            assertAllReadable(cache, cache.mount.open(blob.info(), blob, source), blob);
        }
        for (int round = 0; round < 2; round++) {
            var from = round == 0 ? source : new TestSource(new byte[0]);
            try (var cache = new CacheFixture(one().keepingCompressed())) {
                var handle = cache.mount.open(blob.info(), blob, from);
                assertAllReadable(cache, handle, blob);
                assertThat(handle.readyChunks()).isEqualTo(blob.count());
            }
        }
        byte[] kept = Files.readAllBytes(directory.resolve(blob.info().id() + ".blob.raw"));
        int data = (int) blob.info().compressedDataSize();
        assertThat(java.util.Arrays.copyOf(kept, data))
                .isEqualTo(java.util.Arrays.copyOf(blob.file, data));
    }

    @Test
    void aDamagedBatchIsAskedForOnceMorePastMirrors() {
        var blob = UnitBlob.of(5, 1, MEMBERS, false);
        var source = new TestSource(blob.file);
        source.onRequest(
                (request, answer) -> {
                    if (!request.direct() && request.range().offset() == 0) {
                        answer[answer.length / 2] ^= 1;
                    }
                });
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob, source);
            assertAllReadable(cache, handle, blob);
            assertThat(source.requests().stream().filter(TestSource.Request::direct)).hasSize(1);
        }
    }

    @Test
    void aBatchThatStaysDamagedFailsItsReadersAndNobodyElse() {
        var blob = UnitBlob.of(6, 2, MEMBERS, true);
        var source = new TestSource(blob.file);
        source.onRequest(
                (request, answer) -> {
                    if (request.range().offset() == 0) {
                        answer[1] ^= 1; // nothing of it decodes
                    }
                });
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob, source);
            for (int chunk : new int[] {0, MEMBERS - 1}) {
                var failure = cache.start(whole(handle, blob, chunk)).failure();
                assertThat(failure.kind()).isEqualTo(ErrorKind.DATA_LOSS);
            }
            assertThat(handle.readyChunks()).isZero();
            for (int i = MEMBERS; i < blob.count(); i++) {
                assertThat(cache.read(whole(handle, blob, i))).isEqualTo(blob.chunk(i));
            }
            source.onRequest(null);
            assertAllReadable(cache, handle, blob);
        }
    }

    @Test
    void readersOfOneBatchAtTheSameTimeShareItsRequest() {
        var blob = UnitBlob.of(7, 1, MEMBERS, false);
        var source = new TestSource(blob.file);
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob, source);
            var answers = new ArrayList<CacheFixture.Answer>();
            for (int i = 0; i < MEMBERS; i++) {
                answers.add(cache.start(whole(handle, blob, i)));
            }
            for (int i = 0; i < MEMBERS; i++) {
                assertThat(answers.get(i).bytes()).isEqualTo(blob.chunk(i));
            }
            assertThat(source.requests()).as("chunk table and batch").hasSize(2);
        }
    }

    @Test
    void membersThatNoFileHasAreNotKept() {
        var blob = UnitBlob.of(8, 1, MEMBERS, true);
        for (int i = 0; i < MEMBERS; i += 2) {
            blob.unlist(i);
        }
        var source = new TestSource(blob.file);
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob, source);
            for (int i = 1; i < MEMBERS; i += 2) {
                assertThat(cache.read(whole(handle, blob, i))).isEqualTo(blob.chunk(i));
            }
            CacheFixture.await(() -> handle.readyChunks() == MEMBERS / 2);
            assertThat(source.requests()).as("chunk table and batch").hasSize(2);
        }
    }
}
