package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.oci.image.ImageConfig;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.Manifest;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Manifests, indexes and configurations of images. */
class OciFuzzTest {
    static Stream<byte[]> seeds() {
        return Documents.manifests().map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void parse(byte[] json) {
        Named.errorsOnly(() -> Manifest.parse("manifest", "", json));
        Named.errorsOnly(() -> ImageIndex.parse("index", "", json));
        Named.errorsOnly(() -> ImageConfig.parse("config", json));
    }
}
