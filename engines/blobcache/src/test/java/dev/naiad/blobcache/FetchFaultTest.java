package dev.naiad.blobcache;

import static dev.naiad.blobcache.CacheFixture.chunk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FetchFaultTest {
    @TempDir Path directory;

    private CacheConfig oneByOne() {
        return CacheConfig.in(directory).withBatchBytes(1);
    }

    @Test
    void readersOfOneChunkShareOneRequest() {
        var blob = TestBlob.plain(1, 2, 100_000);
        var source = new TestSource(blob);
        var gate = new TestSource.Gate();
        source.onRequest((request, answer) -> gate.pass());
        try (var fixture = new CacheFixture(oneByOne())) {
            var cached = fixture.open(blob, source);
            var answers = new ArrayList<CacheFixture.Answer>();
            answers.add(fixture.start(chunk(cached, blob, 1)));
            gate.awaitArrival();
            for (int i = 0; i < 20; i++) {
                answers.add(fixture.start(new ChunkSlice(cached, 1, i, 1000)));
            }
            gate.open();
            for (int i = 0; i < 20; i++) {
                assertThat(answers.get(i + 1).bytes())
                        .isEqualTo(java.util.Arrays.copyOfRange(blob.chunk(1), i, i + 1000));
            }
        }
        assertThat(source.requests()).hasSize(1);
    }

    @Test
    void manyThreadsAtRandomFetchEachChunkOnce() throws Exception {
        long seed = 99;
        var blob = TestBlob.random(seed, 200, 20_000);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(CacheConfig.in(directory).withBatchBytes(64 << 10))) {
            var cached = fixture.open(blob, source);
            var problems = new ConcurrentHashMap<String, Throwable>();
            var threads = new ArrayList<Thread>();
            for (int t = 0; t < 6; t++) {
                var random = new Random(seed + t);
                threads.add(
                        Thread.ofPlatform()
                                .start(
                                        () -> {
                                            for (int i = 0; i < 150; i++) {
                                                int index = random.nextInt(blob.count());
                                                try {
                                                    assertThat(
                                                                    fixture.read(
                                                                            chunk(
                                                                                    cached, blob,
                                                                                    index)))
                                                            .isEqualTo(blob.chunk(index));
                                                } catch (Throwable e) {
                                                    problems.put(
                                                            "seed " + seed + " chunk " + index, e);
                                                }
                                            }
                                        }));
            }
            for (var thread : threads) {
                thread.join();
            }
            assertThat(problems).isEmpty();
        }
        assertThat(source.bytes())
                .as("seed %d", seed)
                .isLessThanOrEqualTo(blob.info().compressedDataSize() * 21 / 20);
    }

    @Test
    void aFailureIsAnsweredAndTheNextReadTriesAgain() {
        var blob = TestBlob.plain(1, 1, 5000);
        var source = new TestSource(blob);
        source.onRequest(
                (request, answer) -> {
                    throw new NaiadException(ErrorKind.UNAVAILABLE, "registry is down");
                });
        try (var fixture = new CacheFixture(oneByOne())) {
            var cached = fixture.open(blob, source);
            var failure = fixture.start(chunk(cached, blob, 0)).failure();
            assertThat(failure.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(failure.what()).contains(blob.id).contains("registry is down");
            source.onRequest(null);
            assertThat(fixture.read(chunk(cached, blob, 0))).isEqualTo(blob.chunk(0));
            assertThat(fixture.mount.snapshot().failedReads()).isEqualTo(1);
        }
    }

    @Test
    void anErrorThatIsNoExceptionOfOursFailsTheReadToo() {
        var blob = TestBlob.plain(1, 1, 5000);
        var source = new TestSource(blob);
        source.onRequest(
                (request, answer) -> {
                    throw new StackOverflowError("bug");
                });
        try (var fixture = new CacheFixture(oneByOne())) {
            var cached = fixture.open(blob, source);
            assertThat(fixture.start(chunk(cached, blob, 0)).failure().kind())
                    .isEqualTo(ErrorKind.INTERNAL);
            source.onRequest(null);
            assertThat(fixture.read(chunk(cached, blob, 0))).isEqualTo(blob.chunk(0));
        }
    }

    @Test
    void aFlippedBitIsAskedForAgainPastTheMirror() {
        var blob = TestBlob.plain(1, 3, 5000);
        var source = new TestSource(blob);
        source.onRequest(
                (request, answer) -> {
                    if (!request.direct()) {
                        answer[6000] ^= 1;
                    }
                });
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            var cached = fixture.open(blob, source);
            assertThat(
                            fixture.read(
                                    List.of(
                                            chunk(cached, blob, 0),
                                            chunk(cached, blob, 1),
                                            chunk(cached, blob, 2))))
                    .hasSize(15_000)
                    .endsWith(blob.chunk(2));
            assertThat(fixture.read(chunk(cached, blob, 1))).isEqualTo(blob.chunk(1));
            assertThat(fixture.mount.snapshot().badChunks()).isEqualTo(1);
        }
        assertThat(source.requests())
                .extracting(TestSource.Request::direct)
                .containsExactly(false, true);
        assertThat(source.requests().get(1).range().length()).isEqualTo(5000);
    }

    @Test
    void bytesThatAreWrongTwiceAreDataLossAndNeverKept() throws Exception {
        var blob = TestBlob.random(2, 10, 20_000);
        var source = new TestSource(blob);
        source.onRequest((request, answer) -> answer[answer.length / 2] ^= 1);
        try (var fixture = new CacheFixture(oneByOne())) {
            var cached = fixture.open(blob, source);
            for (int i = 0; i < blob.count(); i++) {
                assertThat(fixture.start(chunk(cached, blob, i)).failure().kind())
                        .isEqualTo(ErrorKind.DATA_LOSS);
            }
            assertThat(cached.readyChunks()).isZero();
        }
        assertThat(Files.readAllBytes(directory.resolve(blob.id + ".blob.data"))).containsOnly(0);
    }

    @Test
    void aReadThatGetsNoAnswerEndsAtTheDeadlineAndTheNextOneWorks() {
        var blob = TestBlob.plain(1, 2, 5000);
        var source = new TestSource(blob);
        var gate = new TestSource.Gate();
        source.onRequest((request, answer) -> gate.pass());
        try (var fixture = new CacheFixture(oneByOne())) {
            var cached = fixture.open(blob, source);
            var stuck = fixture.start(chunk(cached, blob, 0));
            gate.awaitArrival();
            fixture.nanos.addAndGet(BlobCacheLimits.DEFAULT.readTimeout().toNanos());
            assertThat(stuck.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
            var late = fixture.start(chunk(cached, blob, 0));
            gate.open();
            assertThat(late.bytes()).isEqualTo(blob.chunk(0));
        }
        assertThat(source.requests()).hasSize(1);
    }

    @Test
    void aReadThatJoinsAStuckPrefetchEndsAtItsDeadline() {
        var blob = TestBlob.plain(1, 1, 5000);
        var source = new TestSource(blob);
        var gate = new TestSource.Gate();
        source.onRequest((request, answer) -> gate.pass());
        var prefetch = new CacheConfig.Prefetch(true, 1, 1, 0);
        try (var fixture = new CacheFixture(oneByOne().withPrefetch(prefetch))) {
            var cached = fixture.open(blob, source);
            fixture.mount.prefetchAll(cached);
            gate.awaitArrival();
            var joined = fixture.start(chunk(cached, blob, 0));
            fixture.nanos.addAndGet(BlobCacheLimits.DEFAULT.readTimeout().toNanos());
            assertThat(joined.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
            var late = fixture.start(chunk(cached, blob, 0));
            gate.open();
            assertThat(late.bytes()).isEqualTo(blob.chunk(0));
        }
        assertThat(source.requests()).hasSize(1);
    }

    @Test
    void aReadThatJoinsAStuckFetchWhoseLeaderGaveUpEndsAtItsOwnDeadline() {
        var blob = TestBlob.plain(1, 1, 5000);
        var source = new TestSource(blob);
        var gate = new TestSource.Gate();
        source.onRequest((request, answer) -> gate.pass());
        long timeout = BlobCacheLimits.DEFAULT.readTimeout().toNanos();
        try (var fixture = new CacheFixture(oneByOne())) {
            var cached = fixture.open(blob, source);
            var leader = fixture.start(chunk(cached, blob, 0));
            gate.awaitArrival();
            fixture.nanos.addAndGet(timeout);
            assertThat(leader.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
            var joined = fixture.start(chunk(cached, blob, 0));
            fixture.nanos.addAndGet(timeout - 1);
            assertThat(joined.isDone()).isFalse();
            fixture.nanos.addAndGet(1);
            assertThat(joined.failure().kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
            gate.open();
        }
    }

    @Test
    void closingAMountFailsItsReadersAndHandsItsFlightsToTheOthers() {
        var blob = TestBlob.plain(1, 2, 5000);
        var first = new TestSource(blob);
        var second = new TestSource(blob);
        var gate = new TestSource.Gate();
        first.onRequest(
                (request, answer) -> {
                    gate.pass();
                    throw new NaiadException(ErrorKind.CANCELLED, "backend closed");
                });
        try (var fixture = new CacheFixture(oneByOne());
                var other = fixture.cache.mount(oneByOne())) {
            var mine = fixture.start(chunk(fixture.open(blob, first), blob, 0));
            gate.awaitArrival();
            var theirs = new CacheFixture.Answer();
            other.read(List.of(chunk(other.open(blob.info(), blob, second), blob, 0)), theirs);
            var closer = Thread.ofPlatform().start(fixture.mount::close);
            assertThat(mine.failure().kind()).isEqualTo(ErrorKind.CANCELLED);
            gate.open();
            assertThat(theirs.bytes()).isEqualTo(blob.chunk(0));
            join(closer);
        }
        assertThat(second.requests()).hasSize(1);
    }

    @Test
    void memoryInFlightStaysWithinTheBudgetOfTheDaemon() {
        var blob = TestBlob.plain(1, 40, 100_000);
        var source = new TestSource(blob);
        var running = new AtomicInteger();
        var most = new AtomicInteger();
        source.onRequest(
                (request, answer) -> {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    Thread.onSpinWait();
                    running.decrementAndGet();
                });
        var limits = new BlobCacheLimits(450_000, 8, 4, Duration.ofSeconds(60));
        try (var fixture = new CacheFixture(limits, oneByOne())) {
            var cached = fixture.open(blob, source);
            var answers = new ArrayList<CacheFixture.Answer>();
            for (int i = 0; i < blob.count(); i++) {
                answers.add(fixture.start(chunk(cached, blob, i)));
            }
            for (int i = 0; i < blob.count(); i++) {
                assertThat(answers.get(i).bytes()).isEqualTo(blob.chunk(i));
            }
        }
        // 100 000 bytes as stored and as much again decoded: two fit.
        assertThat(most.get()).isLessThanOrEqualTo(2);
    }

    @Test
    void aCacheDirectoryThatVanishesOrCannotHoldTheFilesDoesNotStopReads() throws Exception {
        var blob = TestBlob.plain(1, 2, 5000);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(oneByOne())) {
            Files.delete(directory);
            var cached = fixture.open(blob, source);
            assertThat(fixture.read(chunk(cached, blob, 0))).isEqualTo(blob.chunk(0));
            Files.createDirectories(directory);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
