package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.ImageCheck;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives become images that can be read, or are refused. */
class TarFuzzTest {
    static Stream<byte[]> seeds() {
        return SeedCorpus.tars();
    }

    @MethodSource("seeds")
    @FuzzTest
    void build(byte[] tar) {
        Named.errorsOnly(
                () -> {
                    var layer = SeedCorpus.layer(tar, BuildOptions.forConversion());
                    // What we write ourselves must be right.
                    ImageCheck.check(
                            BootstrapReader.open(
                                    MemorySegment.ofArray(layer.built().bootstrap()), "built"));
                });
    }
}
