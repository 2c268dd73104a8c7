package dev.naiad.backend.localfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.store.Content;
import dev.naiad.backend.store.WritableBackendContract;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class LocalFsStoreTest extends WritableBackendContract {
    @Override
    protected BackendConfig config(String prefix) {
        return parse("localfs", "{\"dir\":\"" + dir.resolve("blobs") + "\"}");
    }

    @Override
    protected int largeBytes() {
        return 3_000_001;
    }

    @Test
    void aBlobIsReadableByEverybodyAndNothingElseStays() throws Exception {
        try (var store = open(config(""))) {
            store.put("x", Content.of(new byte[9]), n -> {}, soon());
            assertThat(store.locationOf("x")).isEqualTo(dir.resolve("blobs/x").toString());
        }
        try (var files = Files.list(dir.resolve("blobs"))) {
            assertThat(files).containsExactly(dir.resolve("blobs/x"));
        }
        assertThat(
                        java.nio.file.attribute.PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(dir.resolve("blobs/x"))))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void aNameIsNoPath() {
        try (var store = open(config(""))) {
            assertThatThrownBy(() -> store.put("../x", Content.of(new byte[1]), n -> {}, soon()))
                    .hasMessageContaining("not the name of a blob file");
        }
    }
}
