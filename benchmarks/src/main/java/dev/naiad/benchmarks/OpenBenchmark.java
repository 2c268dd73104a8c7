package dev.naiad.benchmarks;

import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Opens a mapped bootstrap and reads its root. Score: milliseconds. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class OpenBenchmark {
    /** The bootstrap file; if empty, one of 20 000 files is made here. */
    @Param("")
    public String file = "";

    private MemorySegment bytes = MemorySegment.NULL;

    @Setup
    public void map() throws IOException {
        if (file.isEmpty()) {
            byte[] made = ManyFilesImage.build(1000).layer.bootstrap();
            bytes = Arena.ofAuto().allocate(made.length).copyFrom(MemorySegment.ofArray(made));
            return;
        }
        try (var channel = FileChannel.open(Path.of(file))) {
            bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        }
    }

    @Benchmark
    public long open() {
        Bootstrap bootstrap = BootstrapReader.open(bytes, "sample");
        return bootstrap.root().number();
    }
}
