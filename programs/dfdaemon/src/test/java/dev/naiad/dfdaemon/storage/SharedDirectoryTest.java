package dev.naiad.dfdaemon.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dragonfly.PieceLayout;
import dev.naiad.testkit.FakeClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A storage.dir that was, or is, the original's. */
final class SharedDirectoryTest {
    private static final String ID = "ab".repeat(32);
    private static final String OTHER = "cd".repeat(32);
    private static final PieceLayout LAYOUT = new PieceLayout(3L * (64 << 10) + 100, 64 << 10);

    @TempDir Path dir;
    private final FakeClock clock = new FakeClock();
    private Path shared = Path.of("");

    @BeforeEach
    void makeShared() throws IOException {
        shared = Files.createDirectories(dir.resolve("content/tasks/" + ID.substring(0, 3)));
    }

    private TaskMeta meta() {
        return new TaskMeta(ID, "http://origin/x", LAYOUT, Map.of(), clock.instant());
    }

    private void addDatabase() throws IOException {
        Files.createDirectories(dir.resolve("metadata"));
        Files.writeString(dir.resolve("metadata/CURRENT"), "MANIFEST-000004\n");
        Files.write(shared.resolve(ID), "the original's content".getBytes(StandardCharsets.UTF_8));
        Path persistent = Files.createDirectories(dir.resolve("content/persistent-tasks/cdc"));
        Files.writeString(persistent.resolve(OTHER), "a persistent one");
    }

    /** All files but ours, with what is in them. */
    private Map<String, String> foreign() throws IOException {
        var files = new TreeMap<String, String>();
        try (Stream<Path> all = Files.walk(dir)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                String name = dir.relativize(file).toString();
                if (!name.startsWith("naiad/")) {
                    files.put(name, Files.readString(file, StandardCharsets.ISO_8859_1));
                }
            }
        }
        return files;
    }

    /** Leaves a complete task as the first version of this store did. */
    private void addTaskOfTheFirstVersion() throws Exception {
        Path elsewhere = Files.createDirectory(dir.resolve("elsewhere"));
        try (var store = PieceStore.open(elsewhere, true, clock)) {
            StoredTask task = store.create(meta());
            for (int piece = 0; piece < LAYOUT.count(); piece++) {
                PieceStoreTest.write(task, piece);
            }
            store.flush();
            Files.move(task.content(), shared.resolve(ID));
            Files.move(StoreDirectory.mapOf(task.content()), shared.resolve(ID + ".map"));
        }
        try (Stream<Path> all = Files.walk(elsewhere)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Test
    void theOriginalsFilesStayAsTheyAreWhileOursAreWrittenReadAndRemoved() throws Exception {
        addDatabase();
        Map<String, String> before = foreign();
        for (boolean keep : new boolean[] {true, false, true}) {
            try (var store = PieceStore.open(dir, keep, clock)) {
                StoredTask task = store.create(meta());
                for (int piece = 0; piece < LAYOUT.count(); piece++) {
                    PieceStoreTest.write(task, piece);
                }
                store.flush();
                assertThat(store.list()).hasSize(1);
                assertThat(store.drop(ID)).isTrue();
                assertThat(store.list()).isEmpty();
            }
            assertThat(foreign()).isEqualTo(before);
        }
    }

    @Test
    void besideTheOriginalsDatabaseEvenFilesWithAMapOfOursStay() throws Exception {
        addTaskOfTheFirstVersion();
        addDatabase();
        Map<String, String> before = foreign();
        try (var store = PieceStore.open(dir, true, clock)) {
            assertThat(store.find(ID)).isEmpty();
        }
        PieceStore.open(dir, false, clock).close();
        assertThat(foreign()).isEqualTo(before);
    }

    @Test
    void whatTheFirstVersionStoredIsFoundAndWhatHasNoMapStays() throws Exception {
        addTaskOfTheFirstVersion();
        Files.writeString(shared.resolve("abandoned"), "no map");
        Files.writeString(shared.resolve("foreign.map"), "not one of ours");
        try (var store = PieceStore.open(dir, true, clock)) {
            StoredTask task = store.find(ID).orElseThrow();
            assertThat(task.isComplete()).isTrue();
            for (int piece = 0; piece < LAYOUT.count(); piece++) {
                assertThat(task.piece(piece)).isPresent();
            }
        }
        assertThat(foreign().keySet())
                .containsExactly("content/tasks/aba/abandoned", "content/tasks/aba/foreign.map");
    }

    @Test
    void aMoveThatWasCutShortIsEndedByTheNextStart() throws Exception {
        addTaskOfTheFirstVersion();
        Path target = Files.createDirectories(dir.resolve("naiad/tasks/aba"));
        Files.move(shared.resolve(ID), target.resolve(ID));
        try (var store = PieceStore.open(dir, true, clock)) {
            assertThat(store.find(ID).orElseThrow().piece(2)).isPresent();
        }
        assertThat(foreign()).isEmpty();
    }

    @Test
    void withoutKeepOnlyWhatHasAMapOfOursGoes() throws Exception {
        addTaskOfTheFirstVersion();
        Files.writeString(shared.resolve("abandoned"), "no map");
        try (var store = PieceStore.open(dir, false, clock)) {
            assertThat(store.find(ID)).isEmpty();
        }
        assertThat(foreign().keySet()).containsExactly("content/tasks/aba/abandoned");
    }

    @Test
    void onlyTheOwnerMayLookIntoOurDirectory() throws Exception {
        PieceStore.open(dir, true, clock).close();
        assertThat(Files.getPosixFilePermissions(dir.resolve("naiad")))
                .isEqualTo(java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    }
}
