package dev.naiad.blobcache;

import static dev.naiad.blobcache.CacheFixture.chunk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.Compressor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CachedReadTest {
    @TempDir Path directory;

    private CacheConfig config(String mode) {
        return switch (mode) {
            case "data" -> CacheConfig.in(directory);
            case "raw" -> CacheConfig.in(directory).keepingCompressed();
            default -> CacheConfig.none();
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"data", "raw", "none"})
    void randomReadsEqualTheSourceInEachMode(String mode) {
        long seed = 20_261_129;
        var random = new Random(seed);
        var one = TestBlob.random(seed, 60, 70_000);
        var two = TestBlob.random(seed + 1, 40, 9_000);
        try (var fixture = new CacheFixture(config(mode).withBatchBytes(128 << 10))) {
            var blobs =
                    List.of(
                            fixture.open(one, new TestSource(one)),
                            fixture.open(two, new TestSource(two)));
            var sources = List.of(one, two);
            for (int round = 0; round < 300; round++) {
                var slices = new ArrayList<ChunkSlice>();
                var expected = new java.io.ByteArrayOutputStream();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    int which = random.nextInt(2);
                    int index = random.nextInt(sources.get(which).count());
                    byte[] plain = sources.get(which).chunk(index);
                    int offset = random.nextInt(plain.length);
                    int length = 1 + random.nextInt(plain.length - offset);
                    slices.add(new ChunkSlice(blobs.get(which), index, offset, length));
                    expected.write(plain, offset, length);
                }
                assertThat(fixture.read(slices))
                        .as("seed %d round %d: %s", seed, round, slices)
                        .isEqualTo(expected.toByteArray());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "LZ4_BLOCK", "ZSTD"})
    void eachCompressorIsDecoded(Compressor compressor) {
        var blob = TestBlob.of(5, compressor, 1, 4096, 100_000, 1 << 20);
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            var cached = fixture.open(blob, new TestSource(blob));
            for (int i = 0; i < blob.count(); i++) {
                assertThat(fixture.read(chunk(cached, blob, i))).isEqualTo(blob.chunk(i));
            }
        }
    }

    @Test
    void theDataFileIsTheUncompressedBlob() throws Exception {
        var blob = TestBlob.random(3, 50, 30_000);
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            var cached = fixture.open(blob, new TestSource(blob));
            for (int i = 0; i < blob.count(); i++) {
                fixture.read(chunk(cached, blob, i));
            }
            assertThat(fixture.mount.snapshot().dataAllReady()).isTrue();
            assertThat(fixture.mount.snapshot().entriesCount()).isEqualTo(50);
        }
        assertThat(Files.readAllBytes(directory.resolve(blob.id + ".blob.data")))
                .isEqualTo(blob.plain);
    }

    @Test
    void theRawFileHoldsTheBytesOfTheBlob() throws Exception {
        var blob = TestBlob.random(3, 50, 30_000);
        try (var fixture = new CacheFixture(CacheConfig.in(directory).keepingCompressed())) {
            var cached = fixture.open(blob, new TestSource(blob));
            for (int i = 0; i < blob.count(); i++) {
                fixture.read(chunk(cached, blob, i));
            }
        }
        int dataSize = (int) blob.info().compressedDataSize();
        assertThat(Files.readAllBytes(directory.resolve(blob.id + ".blob.raw")))
                .isEqualTo(Arrays.copyOf(blob.file, dataSize));
    }

    @ParameterizedTest
    @ValueSource(strings = {"data", "raw"})
    void whatWasFetchedOnceIsNotFetchedAgainEvenByTheNextDaemon(String mode) {
        var blob = TestBlob.random(4, 30, 30_000);
        var source = new TestSource(blob);
        for (int daemon = 0; daemon < 2; daemon++) {
            try (var fixture = new CacheFixture(config(mode))) {
                var cached = fixture.open(blob, source);
                for (int round = 0; round < 2; round++) {
                    for (int i = 0; i < blob.count(); i++) {
                        assertThat(fixture.read(chunk(cached, blob, i))).isEqualTo(blob.chunk(i));
                    }
                }
            }
        }
        assertThat(source.bytes()).isEqualTo(blob.info().compressedDataSize());
    }

    @Test
    void aReadIsExtendedOverMissingNeighboursUpToTheBatch() {
        var blob = TestBlob.plain(6, 10, 4096);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(CacheConfig.in(directory).withBatchBytes(3 * 4096))) {
            var cached = fixture.open(blob, source);
            fixture.read(new ChunkSlice(cached, 4, 10, 20));
            CacheFixture.await(() -> cached.readyChunks() == 3);
            assertThat(fixture.read(new ChunkSlice(cached, 6, 0, 1))).hasSize(1);
            fixture.read(new ChunkSlice(cached, 3, 0, 1));
        }
        assertThat(source.requests())
                .containsExactly(
                        new TestSource.Request(new ByteRange(4 * 4096, 3 * 4096), false, false),
                        // What follows is there already, so that nothing is fetched twice.
                        new TestSource.Request(new ByteRange(3 * 4096, 4096), false, false));
    }

    @Test
    void chunksThatTheImageDoesNotUseAreNotFetchedWhereTheGapIsLarge() {
        var blob = TestBlob.plain(6, 10, 16384);
        blob.unlist(2);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            fixture.read(new ChunkSlice(fixture.open(blob, source), 0, 0, 1));
        }
        assertThat(source.requests())
                .extracting(TestSource.Request::range)
                .containsExactly(new ByteRange(0, 2 * 16384));
    }

    @Test
    void aChunkThatTheBootstrapDoesNotListIsFoundInTheBlobsOwnTable() throws Exception {
        var blob = TestBlob.random(8, 20, 5000);
        blob.unlist(7);
        var source = new TestSource(blob);
        var meta = blob.info().meta();
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            var cached = fixture.open(blob, source);
            assertThat(fixture.read(List.of(chunk(cached, blob, 6), chunk(cached, blob, 7))))
                    .endsWith(blob.chunk(7));
        }
        assertThat(source.requests().getFirst().range())
                .isEqualTo(new ByteRange(meta.offset(), meta.compressedSize() + 4096));
        assertThat(directory.resolve(blob.id + ".blob.meta")).hasSize(2 * 4096);
        int before = source.requests().size();
        Files.delete(directory.resolve(blob.id + ".blob.data"));
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            fixture.read(chunk(fixture.open(blob, source), blob, 7));
        }
        assertThat(source.requests().subList(before, source.requests().size()))
                .extracting(request -> request.range().offset())
                .doesNotContain(meta.offset());
    }

    @Test
    void countersTellWholeFromPartialHits() {
        var blob = TestBlob.plain(6, 4, 4096);
        try (var fixture = new CacheFixture(CacheConfig.in(directory).withBatchBytes(4096))) {
            var cached = fixture.open(blob, new TestSource(blob));
            fixture.read(chunk(cached, blob, 0));
            fixture.read(chunk(cached, blob, 0));
            fixture.read(List.of(chunk(cached, blob, 0), chunk(cached, blob, 1)));
            var figures = fixture.mount.snapshot();
            assertThat(figures.total()).isEqualTo(3);
            assertThat(figures.wholeHits()).isEqualTo(1);
            assertThat(figures.partialHits()).isEqualTo(1);
            assertThat(figures.fetchedBytes()).isEqualTo(2 * 4096);
            assertThat(figures.readBytes()).isEqualTo(4 * 4096);
            assertThat(figures.underlyingFiles()).containsExactly(blob.id + ".blob.data");
            assertThat(figures.storePath()).isEqualTo(directory.toString());
        }
    }

    @Test
    void slicesAndChunksOutsideTheBlobAreCorruptAndNotZeros() {
        var blob = TestBlob.plain(6, 4, 4096);
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            var cached = fixture.open(blob, new TestSource(blob));
            for (var slice :
                    List.of(new ChunkSlice(cached, 4, 0, 1), new ChunkSlice(cached, 1, 4000, 97))) {
                assertThat(fixture.start(slice).failure().kind())
                        .isEqualTo(dev.naiad.base.error.ErrorKind.DATA_LOSS);
            }
            fixture.read(chunk(cached, blob, 1));
            var views = new ArrayList<MemorySegment>();
            assertThatThrownBy(
                            () ->
                                    fixture.mount.tryRead(
                                            List.of(new ChunkSlice(cached, 1, 4000, 97)), views))
                    .isInstanceOf(CorruptFormatException.class);
            assertThat(views).isEmpty();
        }
    }

    @Test
    void twoMountsShareTheBytesOfABlob() {
        var blob = TestBlob.plain(6, 4, 4096);
        var first = new TestSource(blob);
        var second = new TestSource(blob);
        try (var fixture = new CacheFixture(CacheConfig.in(directory));
                var other = fixture.cache.mount(CacheConfig.in(directory))) {
            fixture.read(chunk(fixture.open(blob, first), blob, 0));
            var cached = other.open(blob.info(), blob, second);
            CacheFixture.await(() -> cached.readyChunks() == 4);
            assertThat(other.tryRead(List.of(chunk(cached, blob, 3)), new ArrayList<>())).isTrue();
            fixture.mount.close();
            assertThat(other.tryRead(List.of(chunk(cached, blob, 3)), new ArrayList<>())).isTrue();
        }
        assertThat(second.requests()).isEmpty();
    }
}
