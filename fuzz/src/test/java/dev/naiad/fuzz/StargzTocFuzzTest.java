package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.ImageCheck;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Tables of contents of eStargz layers become images that can be read, or are refused. */
class StargzTocFuzzTest {
    static Stream<byte[]> seeds() {
        return Documents.stargz().map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void build(byte[] json) {
        Named.errorsOnly(
                () -> {
                    var built =
                            LayerBuilder.fromStargzToc(
                                    "stargz.index.json",
                                    json,
                                    "ab".repeat(32),
                                    1 << 20,
                                    BuildOptions.defaults().forReference(),
                                    KnownImages.NONE);
                    ImageCheck.check(
                            BootstrapReader.open(
                                    MemorySegment.ofArray(built.bootstrap()), "built"));
                });
    }
}
