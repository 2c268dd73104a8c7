package dev.naiad.benchmarks;

import dev.naiad.base.bytes.Digest;
import dev.naiad.codec.digest.Hasher;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Chunk digests, one thread. Score: chunks a second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class DigestBenchmark {
    @Param({"4096", "65536", "1048576"})
    public int size;

    private final Hasher blake3 = Hasher.of(Digest.Algorithm.BLAKE3);
    private final Hasher sha256 = Hasher.of(Digest.Algorithm.SHA256);
    private byte[] heap = new byte[0];
    private MemorySegment chunk = MemorySegment.NULL;

    @Setup
    public void fill() {
        heap = SampleBytes.of(size);
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

    @Benchmark
    public byte[] sha256() {
        return sha256.hash(heap, 0, size);
    }
}
