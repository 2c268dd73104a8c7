package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.oci.auth.DockerConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Docker's configuration file. */
class DockerConfigFuzzTest {
    static Stream<byte[]> seeds() {
        return Documents.dockerConfigs().map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("seeds")
    @FuzzTest
    void credentials(byte[] json) throws IOException {
        Path file = Files.createTempFile(Path.of("/tmp"), "nd-fuzz", ".json");
        try {
            Files.write(file, json);
            var config = new DockerConfig(file, (program, host) -> Optional.empty());
            Named.errorsOnly(() -> config.of("localhost:5000"));
            Named.errorsOnly(() -> config.of("docker.io"));
        } finally {
            Files.delete(file);
        }
    }
}
