package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.net.http.HttpRange;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.oci.auth.Challenge;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Short texts that users and registries write. */
class ReferenceFuzzTest {
    static Stream<byte[]> seeds() {
        return Stream.of(
                        "alpine",
                        "localhost:5000/a/b-c_d:v1.2",
                        "registry.example/x@sha256:" + "ab".repeat(32),
                        "[::1]:5000/a:b",
                        "https://user@host:443/path?query#fragment",
                        "bytes 0-99/100",
                        "bytes=5-",
                        "linux/arm64/v8",
                        "Bearer realm=\"https://auth\",service=\"s\",scope=\"repository:a:pull\"")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void parse(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        Named.errorsOnly(
                () -> {
                    var reference = ImageReference.parse(text);
                    var again = ImageReference.parse(reference.toString());
                    if (!again.equals(reference)) {
                        throw new AssertionError(text + ": " + reference + " became " + again);
                    }
                });
        Named.errorsOnly(() -> ImageReference.parseNamed(text));
        Named.errorsOnly(() -> HttpUrl.parse(text));
        Named.errorsOnly(() -> HttpRange.parse(text, 1000));
        Named.errorsOnly(() -> HttpRange.parseContentRange(text));
        Named.errorsOnly(() -> Challenge.parse(text));
        Named.errorsOnly(() -> Platform.parse(text));
    }
}
