package dev.naiad.benchmarks;

import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.ChunkRef;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What a daemon looks up in a bootstrap of 20 000 files for each request. Score: queries per
 * second.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class BootstrapBenchmark {
    private final Bootstrap bootstrap = open(ManyFilesImage.build(1000).layer.bootstrap());
    private final long[] directories = new long[ManyFilesImage.DIRECTORIES];
    private final MemorySegment[] names = new MemorySegment[ManyFilesImage.FILES_EACH];
    private final long[] files = new long[ManyFilesImage.FILES_EACH];
    private int next;

    private static Bootstrap open(byte[] file) {
        var bytes = Arena.ofAuto().allocate(file.length).copyFrom(MemorySegment.ofArray(file));
        return BootstrapReader.open(bytes, "sample");
    }

    @Setup
    public void find() {
        for (int d = 0; d < directories.length; d++) {
            directories[d] = number(bootstrap.root(), ManyFilesImage.directory(d));
        }
        for (int f = 0; f < names.length; f++) {
            byte[] name = ManyFilesImage.file(f).getBytes(StandardCharsets.US_ASCII);
            names[f] = Arena.ofAuto().allocate(name.length).copyFrom(MemorySegment.ofArray(name));
            files[f] = number(bootstrap.inode(directories[0]), ManyFilesImage.file(f));
        }
    }

    private static long number(Inode directory, String name) {
        var name8 = name.getBytes(StandardCharsets.US_ASCII);
        return Objects.requireNonNull(directory.child(name8)).number();
    }

    @Benchmark
    public long lookup() {
        int i = next++ & 0xffff;
        return bootstrap
                .inode(directories[i % directories.length])
                .lookup(names[i * 7 % names.length]);
    }

    @Benchmark
    public long attributes() {
        Inode file = bootstrap.inode(files[(next++ & 0xffff) % files.length]);
        return file.size() + file.mode();
    }

    @Benchmark
    public ChunkRef chunk() {
        return bootstrap.inode(files[(next++ & 0xffff) % files.length]).chunkRef(0);
    }
}
