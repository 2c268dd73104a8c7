package dev.naiad.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/embedding.md, compiled and run as it stands there. */
class EmbeddingTest {
    @Test
    void theExampleOfTheDocumentationCompilesAndConvertsAnImage(@TempDir Path directory)
            throws Exception {
        String source = example();
        Path file = directory.resolve("Embedding.java");
        Files.writeString(file, source);
        Path classes = Files.createDirectory(directory.resolve("classes"));
        var said = new ByteArrayOutputStream();
        int result =
                ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                said,
                                said,
                                "-d",
                                classes.toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                file.toString());
        assertThat(result).as(said.toString(StandardCharsets.UTF_8)).isZero();

        byte[] lower = new TestTar().dir("etc/", 0755).file("etc/motd", "hello\n").end();
        byte[] upper = new TestTar().file("new", "n").end();
        Path first = directory.resolve("lower.tar.gz");
        try (var gzip = new GZIPOutputStream(Files.newOutputStream(first))) {
            gzip.write(lower);
        }
        Path second = directory.resolve("upper.tar");
        Files.write(second, upper);
        Path image = Files.createDirectory(directory.resolve("image"));
        var out = System.out;
        try (var loader =
                        new URLClassLoader(
                                new URL[] {classes.toUri().toURL()},
                                EmbeddingTest.class.getClassLoader());
                var quiet = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            System.setOut(quiet);
            loader.loadClass("Embedding")
                    .getMethod("main", String[].class)
                    .invoke(
                            null,
                            (Object)
                                    new String[] {
                                        image.toString(), first.toString(), second.toString()
                                    });
        } finally {
            System.setOut(out);
        }

        assertThat(image.resolve("bootstrap.tar.gz")).isNotEmptyFile();
        try (var plain =
                LayerStreams.open(
                        Files.newInputStream(image.resolve("first.tar.gz")), "first layer")) {
            assertThat(plain.readAllBytes()).isEqualTo(lower);
        }
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("nydus.blob.v1 sha256:");
    }

    private static String example() throws Exception {
        // The module's directory is where its tests run.
        Path doc = Path.of("../../docs/embedding.md").toAbsolutePath();
        var block =
                Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(doc));
        assertThat(block.find()).isTrue();
        return block.group(1);
    }
}
