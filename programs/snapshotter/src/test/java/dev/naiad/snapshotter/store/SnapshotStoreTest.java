package dev.naiad.snapshotter.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotStoreTest {
    private static final Instant NOW = Instant.parse("2026-11-24T05:33:55.883050547Z");

    @TempDir Path dir;

    private SnapshotStore open() {
        return SnapshotStore.open(dir.resolve("metadata.db"), Duration.ZERO, () -> NOW);
    }

    @Test
    void timesAndNumbersAreEncodedAsGoDoes() {
        assertThat(GoEncoding.time(GoEncoding.time(NOW))).isEqualTo(NOW);
        assertThat(GoEncoding.time(Instant.EPOCH))
                .containsExactly(
                        1,
                        0,
                        0,
                        0,
                        0x0e,
                        0x77,
                        0x91,
                        (byte) 0xf7,
                        0,
                        0,
                        0,
                        0,
                        0,
                        (byte) 0xff,
                        (byte) 0xff);
        for (long value :
                new long[] {0, 1, -1, 63, 64, 127, 128, 300, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThat(GoEncoding.signed(GoEncoding.signed(value))).isEqualTo(value);
            assertThat(GoEncoding.unsigned(GoEncoding.unsigned(value))).isEqualTo(value);
        }
        assertThat(GoEncoding.unsigned(300L)).containsExactly(0xac, 0x02);
        assertThat(GoEncoding.signed(-65L)).containsExactly(0x81, 0x01);
        assertThatThrownBy(() -> GoEncoding.unsigned(new byte[] {(byte) 0x80}))
                .isInstanceOf(NaiadException.class);
    }

    @Test
    void aFailureToPlaceTheDirectoryLeavesNoRecordAndTakesNoNumber() {
        try (var store = open()) {
            assertThatThrownBy(
                            () ->
                                    store.create(
                                            SnapshotKind.ACTIVE,
                                            "k",
                                            "",
                                            Map.of(),
                                            id -> {
                                                throw new IllegalStateException("disk");
                                            }))
                    .hasMessage("disk");
            assertThat(store.find("k")).isEmpty();
            assertThat(store.create(SnapshotKind.ACTIVE, "k", "", Map.of(), id -> true).id())
                    .isEqualTo(1);
        }
    }

    @Test
    void childrenAreFoundByTheNumberNotByItsFirstDigits() {
        try (var store = open()) {
            for (int i = 1; i <= 140; i++) {
                store.create(SnapshotKind.ACTIVE, "k" + i, "", Map.of(), id -> true);
                store.commit("k" + i, "n" + i, Usage.NONE, Map.of());
            }
            store.create(SnapshotKind.ACTIVE, "child", "n140", Map.of(), id -> true);
            for (int i = 1; i < 140; i++) {
                store.remove("n" + i);
            }
            assertThatThrownBy(() -> store.remove("n140"))
                    .hasMessageContaining("cannot remove snapshot with child");
            store.remove("child");
            store.remove("n140");
            assertThat(store.list(info -> true)).isEmpty();
        }
    }

    @Test
    void randomLivesMatchAModelAcrossReopens() {
        var random = new Random(42);
        var model = new TreeMap<String, String>(); // name -> parent
        var committed = new ArrayList<String>();
        var ids = new HashMap<String, Long>();
        SnapshotStore store = open();
        try {
            for (int step = 0; step < 400; step++) {
                String parent =
                        committed.isEmpty() || random.nextInt(4) == 0
                                ? ""
                                : committed.get(random.nextInt(committed.size()));
                switch (random.nextInt(4)) {
                    case 0, 1 -> {
                        String key = "key-" + step;
                        long id =
                                store.create(
                                                SnapshotKind.ACTIVE,
                                                key,
                                                parent,
                                                Map.of("l", "x".repeat(step % 700)),
                                                i -> true)
                                        .id();
                        assertThat(ids.values()).doesNotContain(id);
                        String name = "name-" + step;
                        store.commit(
                                key,
                                name,
                                new Usage(step, step),
                                Map.of("l", "y".repeat(step % 700)));
                        model.put(name, parent);
                        committed.add(name);
                        ids.put(name, id);
                    }
                    case 2 -> {
                        if (!committed.isEmpty()) {
                            String name = committed.get(random.nextInt(committed.size()));
                            boolean hasChild = model.containsValue(name);
                            try {
                                store.remove(name);
                                assertThat(hasChild).isFalse();
                                model.remove(name);
                                committed.remove(name);
                            } catch (NaiadException e) {
                                assertThat(hasChild).as(e.getMessage()).isTrue();
                            }
                        }
                    }
                    default -> {
                        if (random.nextInt(20) == 0) {
                            store.close();
                            store = open();
                        }
                    }
                }
                if (step % 40 == 0) {
                    List<String> names =
                            store.list(info -> true).stream()
                                    .map(snapshot -> snapshot.info().name())
                                    .toList();
                    assertThat(names).containsExactlyElementsOf(model.keySet());
                }
            }
            for (StoredSnapshot snapshot : store.list(info -> true)) {
                assertThat(snapshot.info().parent()).isEqualTo(model.get(snapshot.info().name()));
                assertThat(snapshot.id()).isEqualTo(ids.get(snapshot.info().name()));
                assertThat(snapshot.info().created()).isEqualTo(NOW);
                assertThat(store.chain(snapshot.info().name()).getLast().info().parent()).isEmpty();
            }
        } finally {
            store.close();
        }
    }

    @Test
    void daemonRecordsKeepTheOriginalsJson() {
        var record =
                new DaemonRecord(
                        "dc64ktpf0u2fl1j2dss0",
                        14611,
                        "/r/api.sock",
                        "shared",
                        "fusedev",
                        "/r/logs/x",
                        "info",
                        100,
                        true,
                        "/r/mnt",
                        "",
                        0,
                        "/r/config/x");
        assertThat(record.toJson())
                .isEqualTo(
                        "{\"ID\":\"dc64ktpf0u2fl1j2dss0\",\"ProcessID\":14611,\"APISocket\":\"/r/api.sock\","
                                + "\"DaemonMode\":\"shared\",\"FsDriver\":\"fusedev\",\"LogDir\":\"/r/logs/x\","
                                + "\"LogLevel\":\"info\",\"LogRotationSize\":100,\"LogToStdout\":true,"
                                + "\"Mountpoint\":\"/r/mnt\",\"SupervisorPath\":\"\",\"ThreadNum\":0,"
                                + "\"ConfigDir\":\"/r/config/x\"}");
        try (var store = DaemonStore.open(dir.resolve("nydus.db"), Duration.ZERO)) {
            store.add(record);
            var instance =
                    new InstanceRecord(
                            0,
                            "img",
                            record.id(),
                            "fusedev",
                            "7",
                            "/r/7",
                            "/r/7/mnt",
                            Map.of("a", "b"));
            assertThat(store.add(instance).sequence()).isEqualTo(1);
            assertThat(store.add(instance).sequence()).isEqualTo(2);
        }
        try (var store = DaemonStore.open(dir.resolve("nydus.db"), Duration.ZERO)) {
            assertThat(store.daemons()).containsExactly(record);
            assertThat(store.instance("7").orElseThrow().annotations()).isEqualTo(Map.of("a", "b"));
            store.removeInstance("7");
            store.removeDaemon(record.id());
            assertThat(store.instances()).isEmpty();
            assertThat(store.daemons()).isEmpty();
        }
    }
}
