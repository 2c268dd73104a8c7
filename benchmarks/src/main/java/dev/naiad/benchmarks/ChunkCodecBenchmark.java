package dev.naiad.benchmarks;

import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.block.BlockCodecs;
import dev.naiad.codec.block.Compression;
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

/** Coding of chunks of one mebibyte, one thread. Score: chunks (that is, MiB) per second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ChunkCodecBenchmark {
    @Param({"ZSTD", "LZ4_BLOCK"})
    public Compression compression = Compression.ZSTD;

    private BlockCodec codec = BlockCodecs.of(Compression.NONE);
    private MemorySegment plain = MemorySegment.NULL;
    private MemorySegment packed = MemorySegment.NULL;
    private MemorySegment target = MemorySegment.NULL;

    @Setup
    public void fill() {
        codec = BlockCodecs.of(compression);
        byte[] bytes = SampleBytes.of(1 << 20);
        var arena = Arena.ofAuto();
        plain = arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
        target = arena.allocate(codec.maxCompressedSize(bytes.length));
        byte[] compressed = codec.compress(bytes);
        packed = arena.allocate(compressed.length).copyFrom(MemorySegment.ofArray(compressed));
    }

    @Benchmark
    public int compress() {
        return codec.compress(plain, target);
    }

    @Benchmark
    public int decompress() {
        return codec.decompress(packed, target, "chunk");
    }
}
