package dev.naiad.blobcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.rafs.blob.BlobMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chunks in an OCI layer: a context is fetched and inflated once, each chunk of it is checked. */
class LayerReadTest {
    private static final int CHUNKS = 40;
    private static final int EACH = 8;

    @TempDir Path directory = Path.of("");

    private static ChunkSlice whole(CachedBlob handle, int chunk) {
        return new ChunkSlice(handle, chunk, 0, 20_000);
    }

    private CacheConfig one() {
        return CacheConfig.in(directory).withBatchBytes(1);
    }

    private static void assertAllReadable(CacheFixture cache, CachedBlob handle, LayerBlob blob) {
        for (int i = 0; i < CHUNKS; i++) {
            assertThat(cache.read(whole(handle, i)))
                    .as("chunk %d", i)
                    .isEqualTo(blob.chunks().chunk(i));
        }
    }

    @Test
    void oneRequestBringsAllChunksOfAContext() throws IOException {
        var blob = LayerBlob.of(1, CHUNKS, EACH);
        assertThat(blob.contexts()).isEqualTo(CHUNKS / EACH);
        var source = blob.source();
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob.chunks(), source);
            assertThat(cache.read(whole(handle, 20))).isEqualTo(blob.chunks().chunk(20));
            assertThat(source.requests()).as("chunk table and context").hasSize(2);
            CacheFixture.await(() -> handle.readyChunks() == EACH);
            assertAllReadable(cache, handle, blob);
            assertThat(source.requests()).hasSize(1 + blob.contexts());
        }
        // The next daemon needs nothing, whatever it was told to keep.
        var nothing = new TestSource(new byte[0]);
        try (var cache = new CacheFixture(one().keepingCompressed())) {
            var handle = cache.mount.open(blob.info(), blob.chunks(), nothing);
            assertAllReadable(cache, handle, blob);
            assertThat(nothing.requests()).isEmpty();
        }
    }

    @Test
    void theTableIsTakenFromTheFileUnderTheOtherBlobsName() throws IOException {
        var blob = LayerBlob.of(2, CHUNKS, EACH);
        long plain = blob.info().meta().uncompressedSize();
        byte[] file = Arrays.copyOf(blob.meta(), (int) BlobMeta.cacheFileSize(plain));
        Arrays.fill(file, (int) plain, file.length - 4096, (byte) 0);
        System.arraycopy(blob.meta(), (int) plain, file, file.length - 4096, 4096);
        Files.write(directory.resolve(blob.info().metaBlob().id() + ".blob.meta"), file);
        var source = blob.source();
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob.chunks(), source);
            assertAllReadable(cache, handle, blob);
            assertThat(source.requests()).hasSize(blob.contexts());
        }
    }

    /** What a daemon holds of a layer must not grow with the layer. */
    @Test
    void windowsStayInTheFileUntilTheyAreNeeded() throws IOException {
        var blob = LayerBlob.of(6, CHUNKS, EACH);
        Path table = directory.resolve(blob.info().id() + ".blob.meta");
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob.chunks(), blob.source());
            assertThat(cache.read(whole(handle, 0))).isEqualTo(blob.chunks().chunk(0));
            // Who damages the file is found out by the chunks' digests.
            byte[] good = Files.readAllBytes(table);
            byte[] bad = good.clone();
            int records = CHUNKS * 24 + blob.contexts() * 40;
            Arrays.fill(bad, records, (int) blob.info().meta().uncompressedSize(), (byte) 7);
            Files.write(table, bad);
            var failure = cache.start(whole(handle, EACH)).failure();
            assertThat(failure.kind()).isEqualTo(ErrorKind.DATA_LOSS);
            Files.write(table, good);
            assertAllReadable(cache, handle, blob);
            // A file that is gone is still ours.
            Files.delete(table);
            assertAllReadable(cache, handle, blob);
        }
        assertThat(openTables()).isEmpty();
    }

    private List<Path> openTables() throws IOException {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return open.map(LayerReadTest::target)
                    .filter(path -> path.startsWith(directory) && path.toString().contains(".meta"))
                    .toList();
        }
    }

    private static Path target(Path link) {
        try {
            return Files.readSymbolicLink(link);
        } catch (IOException e) {
            return Path.of("/"); // closed meanwhile
        }
    }

    @Test
    void aTableWithoutADirectoryIsHeldInMemory() throws IOException {
        var blob = LayerBlob.of(7, CHUNKS, EACH);
        try (var cache = new CacheFixture(CacheConfig.none().withBatchBytes(1))) {
            var handle = cache.mount.open(blob.info(), blob.chunks(), blob.source());
            assertAllReadable(cache, handle, blob);
        }
    }

    @Test
    void aDamagedContextIsAskedForOnceMorePastMirrors() throws IOException {
        var blob = LayerBlob.of(3, CHUNKS, CHUNKS);
        var source = blob.source();
        source.onRequest(
                (request, answer) -> {
                    if (!request.direct() && request.range().offset() > 0) {
                        answer[answer.length / 2] ^= 1;
                    }
                });
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob.chunks(), source);
            assertAllReadable(cache, handle, blob);
            assertThat(source.requests().stream().filter(TestSource.Request::direct)).hasSize(1);
        }
    }

    @Test
    void whatStaysDamagedFailsAndIsNotKept() throws IOException {
        var blob = LayerBlob.of(4, CHUNKS, EACH);
        var source = blob.source();
        source.onRequest(
                (request, answer) -> {
                    if (request.range().offset() > 0) {
                        Arrays.fill(answer, (byte) 0xff); // no block begins so
                    }
                });
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(blob.info(), blob.chunks(), source);
            var failure = cache.start(whole(handle, 0)).failure();
            assertThat(failure.kind()).isEqualTo(ErrorKind.DATA_LOSS);
            source.onRequest(null);
            assertAllReadable(cache, handle, blob);
        }
    }

    @Test
    void aTableThatNobodyNamesIsAnErrorThatSaysSo() throws IOException {
        var blob = LayerBlob.of(5, CHUNKS, EACH);
        var info = blob.info();
        var unnamed =
                new dev.naiad.rafs.BlobInfo(
                        info.index(),
                        info.id(),
                        info.chunkSize(),
                        info.chunkCount(),
                        info.compressor(),
                        info.digester(),
                        info.features(),
                        info.compressedSize(),
                        info.uncompressedSize(),
                        info.meta(),
                        info.toc(),
                        new byte[32],
                        0,
                        info.cipher(),
                        info.cipherKey(),
                        info.cipherIv(),
                        info.blocks(),
                        info.mappedBlock(),
                        0);
        try (var cache = new CacheFixture(one())) {
            var handle = cache.mount.open(unnamed, blob.chunks(), blob.source());
            var failure = cache.start(whole(handle, 0)).failure();
            assertThat(failure.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
            assertThat(failure).hasMessageContaining(info.id() + ".blob.meta");
        }
    }
}
