package dev.naiad.base.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AtomicFilesTest {
    @TempDir private Path directory;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void replacesContentAndModeAndLeavesNothingBeside() throws Exception {
        Path file = directory.resolve("state.json");
        AtomicFiles.write(file, bytes("one"));
        assertThat(Files.getPosixFilePermissions(file))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        AtomicFiles.write(file, bytes("two"), "rw-r--r--");
        assertThat(file).hasContent("two");
        assertThat(Files.getPosixFilePermissions(file))
                .isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aFailureLeavesTheOldContent() throws Exception {
        Path target = Files.createDirectory(directory.resolve("d"));
        Files.createFile(target.resolve("inside"));
        assertThatThrownBy(() -> AtomicFiles.write(target, bytes("x")))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("cannot be written");
        assertThat(target.resolve("inside")).exists();
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(target);
        }
        assertThatThrownBy(() -> AtomicFiles.write(directory.resolve("no/such/dir"), bytes("x")))
                .isInstanceOf(NaiadException.class);
    }
}
