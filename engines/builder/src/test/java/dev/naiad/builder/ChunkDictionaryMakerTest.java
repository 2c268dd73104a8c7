package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.builder.dictionary.ChunkDictionaryMaker;
import dev.naiad.builder.dictionary.DictionarySource;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.SeededRandom;
import dev.naiad.testkit.TestTar;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A dictionary of many images is made with one of them in memory at a time. */
final class ChunkDictionaryMakerTest {
    private final Random random = SeededRandom.create("ChunkDictionaryMakerTest");

    /** Gone when it has been read: who keeps it meets a closed arena. */
    private static DictionarySource once(String version, byte[] bootstrap, List<String> read) {
        return new DictionarySource(
                "image",
                version,
                version + ".boot",
                use -> {
                    read.add(version);
                    try (var arena = Arena.ofConfined()) {
                        var bytes = arena.allocate(bootstrap.length, 8);
                        bytes.copyFrom(MemorySegment.ofArray(bootstrap));
                        use.accept(BootstrapReader.open(bytes, version + ".boot"));
                    }
                });
    }

    @Test
    void eachImageIsReadOnceAndThenForgotten() {
        byte[] common = new byte[20_000];
        random.nextBytes(common);
        var read = new ArrayList<String>();
        var kept = new ArrayList<DictionarySource>();
        var forgotten = new ArrayList<DictionarySource>();
        for (int i = 1; i <= 4; i++) {
            byte[] own = new byte[5000];
            random.nextBytes(own);
            byte[] tar = new TestTar().file("common", common).file("own", own).end();
            byte[] bootstrap = BuiltImage.ofTar(tar, BuildOptions.defaults()).bootstrap();
            forgotten.add(once("1." + i, bootstrap, read));
            kept.add(
                    DictionarySource.of(
                            "image",
                            "1." + i,
                            BootstrapReader.open(
                                    MemorySegment.ofArray(bootstrap), "1." + i + ".boot")));
        }
        var made = ChunkDictionaryMaker.make(forgotten.reversed(), List.of());
        assertThat(read).containsExactly("1.1", "1.2", "1.3", "1.4");
        assertThat(made.bootstrap())
                .isEqualTo(ChunkDictionaryMaker.make(kept, List.of()).bootstrap());
    }
}
