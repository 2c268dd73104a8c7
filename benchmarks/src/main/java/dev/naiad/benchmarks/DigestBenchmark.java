package dev.naiad.benchmarks;

import dev.naiad.base.bytes.Digest;
import dev.naiad.codec.digest.BatchHasher;
import dev.naiad.codec.digest.Hasher;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Chunk digests, one thread. Score: chunks per second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class DigestBenchmark {
    @Param({"4096", "65536", "1048576"})
    public int size;

    private final Hasher blake3 = Hasher.of(Digest.Algorithm.BLAKE3);
    private final Hasher sha256 = Hasher.of(Digest.Algorithm.SHA256);
    private static final int UNIT = 4 << 20;

    private final BatchHasher batch = BatchHasher.of(Digest.Algorithm.BLAKE3);
    private int[] offsets = new int[0];
    private int[] lengths = new int[0];
    private byte[] digests = new byte[0];
    private MemorySegment unit = MemorySegment.NULL;
    private byte[] heap = new byte[0];
    private MemorySegment chunk = MemorySegment.NULL;

    @Setup
    public void fill() {
        heap = SampleBytes.of(size);
        unit = Arena.ofAuto().allocate(UNIT);
        for (int at = 0; at < UNIT; at += size) {
            MemorySegment.copy(heap, 0, unit, ValueLayout.JAVA_BYTE, at, size);
        }
        offsets = IntStream.range(0, UNIT / size).map(i -> i * size).toArray();
        lengths = new int[offsets.length];
        Arrays.fill(lengths, size);
        digests = new byte[32 * offsets.length];
        chunk = Arena.ofAuto().allocate(size).copyFrom(MemorySegment.ofArray(heap));
    }

    @Benchmark
    public byte[] blake3() {
        return blake3.hash(chunk);
    }

    @Benchmark
    public byte[] blake3Heap() {
        return blake3.hash(heap, 0, size);
    }

    /** 4 MiB of chunks in one call, as the builder does it. Score: calls per second. */
    @Benchmark
    public byte[] blake3Batch() {
        batch.hash(unit, offsets, lengths, offsets.length, digests);
        return digests;
    }

    @Benchmark
    public byte[] sha256() {
        return sha256.hash(heap, 0, size);
    }
}
