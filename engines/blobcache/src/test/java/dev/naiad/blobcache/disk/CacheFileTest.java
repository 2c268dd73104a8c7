package dev.naiad.blobcache.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import dev.naiad.blobcache.chunkmap.BootId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CacheFileTest {
    private static final String ID = "ab".repeat(32);
    private static final int LENGTH = 3 * 4096;

    private static final BootId BOOT = BootId.current();

    @TempDir Path directory;

    private static MemorySegment bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return Arena.ofAuto().allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    }

    private CacheFile open() throws Exception {
        return CacheFile.open(directory, ID, false, LENGTH, 3, BOOT);
    }

    private void fill() throws Exception {
        try (var file = open()) {
            file.write(4096, bytes("hello"));
            file.chunks().setReady(1);
        }
    }

    private boolean isReadyAtNextOpening() throws Exception {
        try (var file = open()) {
            assertThat(file.view(0, LENGTH).byteSize()).isEqualTo(LENGTH);
            return file.chunks().isReady(1);
        }
    }

    @Test
    void whatAnImageHoldsIsReadByNobodyElse() throws Exception {
        fill();
        assertThat(Files.getPosixFilePermissions(directory.resolve(ID + ".blob.data")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void namesAndSizesAreTheOriginals() throws Exception {
        fill();
        assertThat(directory.resolve(ID + ".blob.data")).hasSize(LENGTH);
        assertThat(directory.resolve(ID + ".blob.data.chunk_map")).hasSize(4096 + 1);
        try (var file = open()) {
            assertThat(file.chunks().isReady(1)).isTrue();
            assertThat(file.view(4096, 1).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 'h');
        }
    }

    @Test
    void aMapWithoutItsDataIsStale() throws Exception {
        fill();
        Files.delete(directory.resolve(ID + ".blob.data"));
        assertThat(isReadyAtNextOpening()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4096, LENGTH - 1, LENGTH + 1})
    void aMapBesideDataOfAnotherLengthIsStale(int length) throws Exception {
        fill();
        Files.write(directory.resolve(ID + ".blob.data"), new byte[length]);
        assertThat(isReadyAtNextOpening()).isFalse();
    }

    @Test
    void dataWithoutItsMapIsFetchedAgain() throws Exception {
        fill();
        Files.delete(directory.resolve(ID + ".blob.data.chunk_map"));
        assertThat(isReadyAtNextOpening()).isFalse();
        assertThat(directory.resolve(ID + ".blob.data")).hasSize(LENGTH);
    }

    @Test
    void changingTheModeEmptiesTheMapThatBothModesShare() throws Exception {
        fill();
        try (var raw = CacheFile.open(directory, ID, true, 100, 3, BOOT)) {
            assertThat(raw.chunks().isReady(1)).isFalse();
            raw.chunks().setReady(2);
        }
        assertThat(directory.resolve(ID + ".blob.raw")).hasSize(100);
        assertThat(isReadyAtNextOpening()).isFalse();
        try (var file = open()) {
            assertThat(file.chunks().readyCount()).isZero();
        }
    }

    @Test
    void filesRemovedWhileOpenStayReadable() throws Exception {
        fill();
        try (var file = open()) {
            Files.delete(directory.resolve(ID + ".blob.data"));
            Files.delete(directory.resolve(ID + ".blob.data.chunk_map"));
            assertThat(file.view(4096, 1).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 'h');
            file.write(0, bytes("x"));
            var back = bytes("?");
            file.read(0, back);
            assertThat(back.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 'x');
        }
    }

    @Test
    void viewsStayRightAfterTheirPagesWereLetGoOf() throws Exception {
        fill();
        try (var file = open()) {
            // Many times the bytes after which the map is told to forget its pages.
            for (int i = 0; i < 100_000; i++) {
                file.view(0, LENGTH);
            }
            assertThat(file.view(4096, 1).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 'h');
        }
    }

    @Test
    void writesBehindTheEndAreRefused() throws Exception {
        try (var file = open()) {
            assertThatThrownBy(() -> file.write(LENGTH - 1, bytes("ab")))
                    .hasMessageContaining("no room");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../etc/passwd", "a/b", "a\0b", "..", "a.b"})
    void anIdThatIsNoFileNameIsRefused(String id) {
        assertThatThrownBy(() -> CacheFileNames.data(directory, id))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("cannot be a file name");
    }
}
