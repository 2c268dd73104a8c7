package dev.naiad.backend.localfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendContract;
import dev.naiad.backend.TestBackends;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalFsBackendTest extends BackendContract {
    @TempDir Path dir = Path.of("/");

    @Override
    protected Backend open() throws Exception {
        Files.write(dir.resolve(BLOB), CONTENT);
        return TestBackends.open("localfs", "{\"dir\":\"" + dir + "\"}");
    }

    @Test
    void emptyFilesAreLookedForElsewhere() throws Exception {
        Path first = Files.createDirectory(dir.resolve("first"));
        Path second = Files.createDirectory(dir.resolve("second"));
        Files.write(first.resolve(BLOB), new byte[0]);
        Files.write(second.resolve(BLOB), CONTENT);
        String json = "{\"dir\":\"" + first + "\",\"alt_dirs\":[\"" + second + "\"]}";
        try (var backend = TestBackends.open("localfs", json)) {
            assertThat(backend.size(BLOB, Deadline.never())).isEqualTo(CONTENT.length);
        }
    }

    @Test
    void blobFileStandsForAnyBlob() throws Exception {
        Path file = Files.write(dir.resolve("one"), new byte[] {1, 2, 3});
        try (var backend = TestBackends.open("localfs", "{\"blob_file\":\"" + file + "\"}")) {
            assertThat(backend.size("whatever", Deadline.never())).isEqualTo(3);
        }
    }

    @Test
    void idsCannotLeaveTheDirectory() throws Exception {
        try (var backend = open()) {
            assertThatThrownBy(() -> backend.size("../x", Deadline.never()))
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining("not the name of a blob file");
        }
    }
}
