package dev.naiad.dfdaemon.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.PieceLayout;
import dev.naiad.dragonfly.api.common.TrafficType;
import dev.naiad.testkit.FakeClock;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PieceStoreTest {
    private static final String ID = "ab".repeat(32);
    private static final int PIECE = 64 << 10;
    private static final PieceLayout LAYOUT = new PieceLayout(3L * PIECE + 100, PIECE);

    @TempDir Path dir;
    private final FakeClock clock = new FakeClock();

    private PieceStore open(boolean keep) {
        return PieceStore.open(dir, keep, clock);
    }

    private TaskMeta meta(String id) {
        return new TaskMeta(
                id,
                "http://origin/v2/a/blobs/sha256:" + id,
                LAYOUT,
                Map.of("ETag", "\"x\"", "Content-Type", "application/octet-stream"),
                clock.instant());
    }

    static byte[] bytes(int piece) {
        byte[] bytes = new byte[(int) LAYOUT.length(piece)];
        new Random(piece).nextBytes(bytes);
        return bytes;
    }

    static PieceRecord write(StoredTask task, int piece) {
        try (PieceWriter writer = task.write(piece)) {
            writer.write(ByteBuffer.wrap(bytes(piece)));
            return writer.commit(
                    TrafficType.REMOTE_PEER,
                    "parent-1",
                    Duration.ofMillis(5),
                    Instant.ofEpochMilli(1_700_000_000_000L),
                    PieceWriter.Check.NONE);
        }
    }

    private static byte[] read(StoredTask task, int piece) throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate((int) LAYOUT.length(piece));
        try (var content = task.openContent()) {
            while (buffer.hasRemaining()
                    && content.read(buffer, LAYOUT.offset(piece) + buffer.position()) > 0) {}
        }
        return buffer.array();
    }

    @Test
    void whatWasWrittenIsThereAfterARestart() throws Exception {
        PieceRecord second;
        try (var store = open(true)) {
            StoredTask task = store.create(meta(ID));
            write(task, 0);
            second = write(task, 3);
            store.flush();
        }
        try (var store = open(true)) {
            StoredTask task = store.find(ID).orElseThrow();
            assertThat(task.meta()).isEqualTo(meta(ID));
            assertThat(task.presentCount()).isEqualTo(2);
            assertThat(task.piece(3)).contains(second);
            assertThat(task.has(1)).isFalse();
            assertThat(read(task, 3)).isEqualTo(bytes(3));
            assertThat(task.isSealed()).isFalse();
        }
    }

    @Test
    void aSealIsKeptOnlyForACompleteContent() throws Exception {
        try (var store = open(true)) {
            StoredTask task = store.create(meta(ID));
            for (int piece = 0; piece < LAYOUT.count(); piece++) {
                write(task, piece);
            }
            assertThat(task.isComplete()).isTrue();
            task.seal();
            store.flush();
        }
        try (var store = open(true)) {
            assertThat(store.find(ID).orElseThrow().isSealed()).isTrue();
        }
    }

    @Test
    void withoutKeepAnEarlierRunIsForgotten() throws Exception {
        try (var store = open(true)) {
            write(store.create(meta(ID)), 0);
            store.flush();
        }
        try (var store = open(false)) {
            assertThat(store.find(ID)).isEmpty();
            assertThat(store.list()).isEmpty();
        }
    }

    @Test
    void aPieceThatWentBadOnDiskIsNotThere() throws Exception {
        try (var store = open(true)) {
            StoredTask task = store.create(meta(ID));
            write(task, 0);
            write(task, 1);
            store.flush();
        }
        Path content = dir.resolve("naiad/tasks/aba").resolve(ID);
        try (var file = new RandomAccessFile(content.toFile(), "rw")) {
            file.seek(PIECE + 7);
            file.write(file.read() ^ 1);
        }
        try (var store = open(true)) {
            StoredTask task = store.find(ID).orElseThrow();
            assertThat(task.piece(0)).isPresent();
            assertThat(task.piece(1)).isEmpty();
            assertThat(task.presentCount()).isEqualTo(1);
            write(task, 1);
            assertThat(task.piece(1)).isPresent();
        }
    }

    @Test
    void aMapThatIsCutOrDamagedAnywhereNeverLies() throws Exception {
        try (var store = open(true)) {
            StoredTask task = store.create(meta(ID));
            for (int piece = 0; piece < LAYOUT.count(); piece++) {
                write(task, piece);
            }
            store.flush();
        }
        Path map = dir.resolve("naiad/tasks/aba").resolve(ID + ".map");
        byte[] good = Files.readAllBytes(map);
        Path content = map.resolveSibling(ID);
        byte[] bytes = Files.readAllBytes(content);
        var random = new Random(7);
        for (int round = 0; round < 300; round++) {
            byte[] bad = java.util.Arrays.copyOf(good, random.nextInt(good.length + 1));
            for (int flips = random.nextInt(3); flips > 0 && bad.length > 0; flips--) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(map, bad);
            Files.write(content, bytes);
            try (var store = open(true)) {
                var task = store.find(ID);
                if (task.isPresent()) {
                    for (int piece = 0; piece < LAYOUT.count(); piece++) {
                        if (task.get().piece(piece).isPresent()) {
                            assertThat(read(task.get(), piece)).isEqualTo(bytes(piece));
                        }
                    }
                }
            }
        }
    }

    @Test
    void aMapThatClaimsAbsurdNumbersIsDroppedBeforeMemoryIsGivenToThem() throws Exception {
        try (var store = open(true)) {
            write(store.create(meta(ID)), 0);
            store.flush();
        }
        Path map = dir.resolve("naiad/tasks/aba").resolve(ID + ".map");
        ByteBuffer bytes =
                ByteBuffer.wrap(Files.readAllBytes(map)).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        for (long[] claim :
                new long[][] {
                    {5_000_000_000_000_000L, 64 << 20},
                    {Integer.MAX_VALUE, 1},
                    {Long.MAX_VALUE, 1},
                    {-1, PIECE}
                }) {
            bytes.putLong(16, claim[0]).putLong(24, claim[1]);
            var crc = new java.util.zip.CRC32C();
            crc.update(bytes.array(), 0, 44);
            crc.update(bytes.array(), 48, bytes.getInt(40));
            bytes.putInt(44, (int) crc.getValue());
            Files.write(map, bytes.array());
            try (var store = open(true)) {
                assertThat(store.sealed(ID)).isEmpty();
                assertThat(store.find(ID)).isEmpty();
                assertThat(map).doesNotExist();
                assertThat(store.list()).isEmpty();
            }
        }
    }

    @Test
    void whatIsHeldWholeIsToldWithoutLoadingItsPieces() throws Exception {
        String part = "cd".repeat(32);
        try (var store = open(true)) {
            for (String id : List.of(ID, part)) {
                StoredTask task = store.create(meta(id));
                for (int piece = 0; piece < LAYOUT.count(); piece++) {
                    write(task, piece);
                }
                if (id.equals(ID)) {
                    task.seal();
                }
            }
            store.flush();
        }
        try (var store = open(true)) {
            assertThat(store.sealed(ID)).contains(meta(ID));
            assertThat(store.sealed(part)).isEmpty();
            assertThat(store.sealed("ef".repeat(32))).isEmpty();
            assertThat(store.sealed("../" + ID)).isEmpty();
        }
    }

    @Test
    void tooManyOrTooFewBytesMakeNoPiece() {
        try (var store = open(true)) {
            StoredTask task = store.create(meta(ID));
            try (PieceWriter writer = task.write(0)) {
                writer.write(ByteBuffer.allocate(10));
                assertThatThrownBy(
                                () ->
                                        writer.commit(
                                                TrafficType.REMOTE_PEER,
                                                "",
                                                Duration.ZERO,
                                                Instant.EPOCH,
                                                PieceWriter.Check.NONE))
                        .hasMessageContaining("expected length 65536 but got 10");
                assertThatThrownBy(() -> writer.write(ByteBuffer.allocate(PIECE)))
                        .hasMessageContaining("more than its 65536 bytes");
            }
            assertThat(task.has(0)).isFalse();
        }
    }

    @Test
    void evictionTakesTheLeastRecentlyUsedAndSparesWhatIsInUse() throws Exception {
        var evicted = new ArrayList<String>();
        List<String> ids = List.of("aa".repeat(32), "bb".repeat(32), "cc".repeat(32));
        try (var store = open(true)) {
            for (String id : ids) {
                StoredTask task = store.create(meta(id));
                for (int piece = 0; piece < LAYOUT.count(); piece++) {
                    write(task, piece);
                }
                assertThat(task.tryRetain()).isTrue();
                task.release();
                clock.advance(Duration.ofMinutes(5));
            }
            store.flush();
            ids.forEach(id -> touch(store, id, ids.indexOf(id)));
            assertThat(store.acquire(ids.get(0))).isPresent();
            long budget = 2 * LAYOUT.contentLength();
            var policy = new StoreEviction.Policy(Duration.ofDays(30), budget, 80, 60);
            new StoreEviction(store, policy, clock, evicted::add).run();
            assertThat(evicted).containsExactly(ids.get(1), ids.get(2));
            assertThat(store.find(ids.get(0))).isPresent();
            assertThat(store.find(ids.get(1))).isEmpty();
        }
    }

    @Test
    void whatNobodyUsedForLongGoes() throws Exception {
        var evicted = new ArrayList<String>();
        try (var store = open(true)) {
            write(store.create(meta(ID)), 0);
            store.flush();
            touch(store, ID, 0);
            clock.advance(Duration.ofDays(31));
            var policy = new StoreEviction.Policy(Duration.ofDays(30), 1L << 40, 80, 60);
            assertThat(new StoreEviction(store, policy, clock, evicted::add).run()).isEqualTo(1);
            assertThat(evicted).containsExactly(ID);
        }
    }

    private void touch(PieceStore store, String id, int order) {
        Path content = store.find(id).orElseThrow().content();
        assertThat(
                        StoreDirectory.mapOf(content)
                                .toFile()
                                .setLastModified(
                                        clock.instant()
                                                .minus(Duration.ofHours(10 - order))
                                                .toEpochMilli()))
                .isTrue();
    }

    @Test
    void aTaskThatWasRemovedTakesNoMorePieces() {
        try (var store = open(true)) {
            StoredTask task = store.create(meta(ID));
            assertThat(store.drop(ID)).isTrue();
            assertThatThrownBy(() -> task.write(0))
                    .isInstanceOfSatisfying(
                            NaiadException.class,
                            e -> assertThat(e.kind()).isEqualTo(ErrorKind.ABORTED));
        }
    }
}
