package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.naiad.testkit.SeededRandom;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** What reading a layer takes does not grow with the layer. */
final class ReferenceMemoryTest {
    private static final int FILES = 48;

    private final Random random = SeededRandom.create("ReferenceMemoryTest");

    @Test
    void stretchesOfALayerAreDecodedIntoTheSameBuffer() throws IOException {
        byte[] content = new byte[1 << 20];
        random.nextBytes(content);
        for (int i = 0; i < content.length; i++) {
            content[i] &= 15;
        }
        var tar = new TestTar();
        for (int i = 0; i < FILES; i++) {
            content[i] ^= 1; // no two chunks are the same
            tar.file("file-" + i, content.clone());
        }
        var gzip = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(gzip)) {
            out.write(tar.end());
        }
        var layer = ReferenceLayer.of(gzip.toByteArray(), BuildOptions.defaults());
        var image = layer.image();
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThat(BlobCheck.check(image, layer.blob(), layer::open)).isEqualTo(FILES);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .as("bytes allocated to read %d MiB", FILES)
                .isLessThan(FILES * (1L << 20) / 2);
    }
}
