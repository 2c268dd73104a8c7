package dev.naiad.base.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.file.PendingFile.Sync;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class PendingFileTest {
    @TempDir private Path directory;

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(directory)) {
            return files.toList();
        }
    }

    @ParameterizedTest
    @EnumSource(Sync.class)
    void theTargetHasItsOldContentUntilItIsReplaced(Sync sync) throws IOException {
        var target = Files.writeString(directory.resolve("target"), "old");
        try (var file = PendingFile.beside(target)) {
            file.write(bytes("new"));
            assertThat(target).hasContent("old");
            file.replace(sync);
            assertThat(target).hasContent("new");
        }
        assertThat(files()).containsExactly(target);
    }

    @Test
    void whatIsNotPublishedIsGone() throws IOException {
        var target = directory.resolve("target");
        try (var file = PendingFile.beside(target)) {
            file.write(bytes("half"));
            assertThat(file.path()).hasContent("half");
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void aNameMayBeKnownOnlyAtTheEnd() throws IOException {
        var name = directory.resolve("digest");
        try (var file = PendingFile.beside(directory.resolve("layer"))) {
            file.write(bytes("content"));
            file.replace(name, Sync.CONTENT);
        }
        assertThat(name).hasContent("content");
        assertThat(files()).containsExactly(name);
    }

    @Test
    void createRefusesANameThatIsTaken() throws IOException {
        var target = directory.resolve("target");
        try (var file = PendingFile.beside(target)) {
            file.write(bytes("first"));
            file.create(Sync.CONTENT_AND_NAME);
        }
        try (var file = PendingFile.beside(target)) {
            file.write(bytes("second"));
            assertThatThrownBy(() -> file.create(Sync.NONE))
                    .isInstanceOf(FileAlreadyExistsException.class);
        }
        assertThat(target).hasContent("first");
        assertThat(files()).containsExactly(target);
    }

    @Test
    void severalToOneTargetDoNotMeet() throws IOException {
        var target = directory.resolve("target");
        try (var one = PendingFile.beside(target);
                var two = PendingFile.beside(target)) {
            one.write(bytes("one"));
            two.write(bytes("two"));
            two.replace(Sync.NONE);
            assertThat(target).hasContent("two");
            one.replace(Sync.NONE);
            assertThat(target).hasContent("one");
        }
        assertThat(files()).containsExactly(target);
    }

    @Test
    void aModeIsSetWhateverTheUmaskAndOnlyAtTheEnd() throws IOException {
        var target = directory.resolve("target");
        try (var file = PendingFile.beside(target, "rw-rw-rw-")) {
            assertThat(Files.getPosixFilePermissions(file.path()))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            file.replace(Sync.NONE);
        }
        assertThat(Files.getPosixFilePermissions(target))
                .isEqualTo(PosixFilePermissions.fromString("rw-rw-rw-"));
    }
}
