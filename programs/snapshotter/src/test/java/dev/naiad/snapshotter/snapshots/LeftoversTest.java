package dev.naiad.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.snapshotter.store.SnapshotKind;
import dev.naiad.snapshotter.store.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a kill in the middle of a call leaves on the disk, and what becomes of it. */
final class LeftoversTest {
    @TempDir Path root;

    private Layout layout;
    private SnapshotStore store;
    private Snapshotter snapshotter;

    @BeforeEach
    void open() throws IOException {
        layout = new Layout(root);
        Files.createDirectories(layout.snapshots());
        store =
                SnapshotStore.open(
                        layout.metadataDb(),
                        Duration.ZERO,
                        () -> Instant.parse("2026-12-03T10:00:00Z"));
        snapshotter =
                new Snapshotter(
                        layout,
                        new Snapshotter.Settings(FsDriver.NODEV, false, false, false, false),
                        store,
                        RafsMounts.none(FsDriver.NODEV),
                        new BlobCacheFiles(root.resolve("cache")));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void reopen() throws IOException {
        store.close();
        open();
    }

    private long prepared(String key) {
        snapshotter.prepare(key, "", Map.of());
        return store.find(key).orElseThrow().id();
    }

    private List<String> directories() throws IOException {
        try (Stream<Path> names = Files.list(layout.snapshots())) {
            return names.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private Path leftover(String name) throws IOException {
        Path fs = Files.createDirectories(layout.snapshots().resolve(name).resolve("fs"));
        Files.createDirectories(fs.resolveSibling("work"));
        return fs;
    }

    @Test
    void aDirectoryAtTheNextNumberIsSteppedOver() throws Exception {
        prepared("first");
        Files.writeString(leftover("2").resolve("file"), "of nobody");
        leftover("3");
        assertThat(prepared("second")).isEqualTo(4);
        assertThat(prepared("third")).isEqualTo(5);
        assertThat(layout.fs(2).resolve("file")).hasContent("of nobody");
        assertThat(layout.fs(4)).isEmptyDirectory();
        assertThat(directories()).containsExactly("1", "2", "3", "4", "5");
    }

    @Test
    void aCrashBetweenRenameAndCommitLeavesTheKeyFreeAndTheNextPrepareWorks() throws Exception {
        var directories = new SnapshotDirectories(layout);
        assertThatThrownBy(
                        () ->
                                store.create(
                                        SnapshotKind.ACTIVE,
                                        "key",
                                        "",
                                        Map.of(),
                                        id -> {
                                            directories.create(id, true, Optional.empty());
                                            throw new IllegalStateException("killed");
                                        }))
                .hasMessage("killed");
        reopen();
        assertThat(store.find("key")).isEmpty();
        assertThat(prepared("key")).isEqualTo(2);
        assertThat(layout.fs(2)).isEmptyDirectory();
    }

    @Test
    void aRecordWithoutItsDirectoryCanBeRemovedAndItsKeyUsedAgain() throws Exception {
        long lost = prepared("key");
        new SnapshotDirectories(layout).delete(lost);
        reopen();
        snapshotter.remove("key");
        snapshotter.cleanup();
        assertThat(prepared("key")).isGreaterThan(lost);
    }

    @Test
    void cleanupDeletesWhatBelongsToNoSnapshotAndItsNumberIsNeverUsed() throws Exception {
        long kept = prepared("kept");
        long removed = prepared("removed");
        snapshotter.remove("removed");
        Files.writeString(leftover("7").resolve("file"), "of nobody");
        leftover("new-4711");
        Files.writeString(layout.snapshots().resolve("notes.txt"), "not ours");
        snapshotter.cleanup();
        assertThat(directories()).containsExactly(Long.toString(kept), "notes.txt");
        assertThat(layout.snapshot(removed)).doesNotExist();
        assertThat(prepared("next")).isEqualTo(8);
    }

    @Test
    void atTheStartOnlyWhatNothingCanUseIsDeleted() throws Exception {
        long kept = prepared("kept");
        long removed = prepared("removed");
        Files.writeString(layout.fs(removed).resolve("file"), "of a removed one");
        snapshotter.remove("removed");
        leftover("3");
        Files.writeString(leftover("4").resolve("file"), "of a database that was lost");
        leftover("new-4711");
        reopen();
        snapshotter.deleteLeftovers();
        assertThat(directories()).containsExactly(Long.toString(kept), "4");
        assertThat(layout.fs(4).resolve("file")).exists();
        assertThat(prepared("next")).isEqualTo(5);
        snapshotter.cleanup();
        assertThat(directories()).containsExactly(Long.toString(kept), "5");
    }

    @Test
    void directoriesBesideANewDatabaseStayAtTheStart() throws Exception {
        long id = prepared("running");
        Files.writeString(layout.fs(id).resolve("file"), "of a running container");
        store.close();
        Files.delete(layout.metadataDb());
        open();
        snapshotter.deleteLeftovers();
        assertThat(layout.fs(id).resolve("file")).hasContent("of a running container");
        assertThat(prepared("new")).isGreaterThan(id);
    }
}
