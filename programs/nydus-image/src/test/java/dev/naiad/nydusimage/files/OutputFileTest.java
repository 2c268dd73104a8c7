package dev.naiad.nydusimage.files;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OutputFileTest {
    @TempDir Path directory = Path.of("/");

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> names() throws IOException {
        try (var list = Files.list(directory)) {
            return list.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFileHasItsNameWhenItIsComplete() throws IOException {
        Path file = directory.resolve("out");
        try (var out = OutputFile.create(file)) {
            out.write(bytes("half"));
            assertThat(file).doesNotExist();
            out.stream().write('!');
            out.commit();
        }
        assertThat(file).hasContent("half!");
        assertThat(names()).containsExactly("out");
    }

    @Test
    void whatIsNotCompleteLeavesNothingAndKeepsWhatWasThere() throws IOException {
        Path file = Files.writeString(directory.resolve("out"), "before");
        for (Path path : List.of(file, directory.resolve("new"))) {
            try (var out = OutputFile.create(path)) {
                out.write(bytes("half"));
            }
        }
        assertThat(file).hasContent("before");
        assertThat(names()).containsExactly("out");
    }

    @Test
    void aLinkStaysALink() throws IOException {
        Path target = Files.writeString(directory.resolve("target"), "before");
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("target"));
        OutputFile.write(link, "after".getBytes(StandardCharsets.UTF_8));
        assertThat(link).isSymbolicLink().hasContent("after");
        assertThat(target).hasContent("after");
    }

    @Test
    void aPipeIsWrittenAsItIs() throws Exception {
        Requires.commands("mkfifo");
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
        var reader = new FutureTask<>((Callable<String>) () -> Files.readString(pipe));
        Thread.ofPlatform().daemon().start(reader);
        OutputFile.write(pipe, "through".getBytes(StandardCharsets.UTF_8));
        assertThat(reader.get()).isEqualTo("through");
        assertThat(names()).containsExactly("pipe");
    }
}
