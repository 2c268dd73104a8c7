package dev.naiad.builder;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.TestTar;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.Consumer;

/** The image that the tests of the formats' traps look at, and patch. */
final class Pitfalls {
    /** Where the RAFS extension of a v6 superblock begins. */
    static final int EXTENSION = 1152;

    static final BuildOptions SMALL = BuildOptions.defaults().withChunkSize(0x1000);

    private Pitfalls() {}

    static byte[] noise(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    static BuiltImage image(BuildOptions options) {
        return BuiltImage.ofTar(
                new TestTar()
                        .file("text", "text ".repeat(3000))
                        .file("noise", noise(10_000))
                        .file("empty", "")
                        .end(),
                options);
    }

    static Bootstrap patched(BuiltImage from, Consumer<LittleEndian> change) {
        byte[] bytes = from.bootstrap().clone();
        change.accept(LittleEndian.of(bytes, "patched"));
        return BootstrapReader.open(MemorySegment.ofArray(bytes), "patched");
    }
}
