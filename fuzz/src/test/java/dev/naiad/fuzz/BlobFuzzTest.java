package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.base.bytes.ByteSource;
import dev.naiad.builder.BuildOptions;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.rafs.blob.Toc;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole blobs: sections, table of contents, inlined bootstrap, chunk information, chunks. */
class BlobFuzzTest {
    private static final SeedCorpus.Layer GOOD =
            SeedCorpus.layer(BuildOptions.defaults().withToc(true));
    private static final BlobInfo INFO = GOOD.built().blobs().getFirst();

    static Stream<byte[]> seeds() {
        return Stream.of(GOOD.blob(), SeedCorpus.layer(BuildOptions.forConversion()).blob());
    }

    @MethodSource("seeds")
    @FuzzTest
    void read(byte[] bytes) {
        var blob = ByteSource.of("blob", MemorySegment.ofArray(bytes));
        Named.errorsOnly(() -> BlobSections.walk(blob));
        Named.errorsOnly(() -> Toc.probe(blob));
        Named.errorsOnly(() -> BlobReader.inlinedBootstrap(blob));
        Named.errorsOnly(
                () -> {
                    var reader = new BlobReader(blob, INFO);
                    var meta = reader.meta();
                    for (int i = 0; i < meta.count(); i++) {
                        var plain = MemorySegment.ofArray(new byte[meta.uncompressedSize(i)]);
                        reader.chunk(meta, i, plain);
                    }
                });
    }
}
