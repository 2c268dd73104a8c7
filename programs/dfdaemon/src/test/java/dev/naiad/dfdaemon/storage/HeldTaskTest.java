package dev.naiad.dfdaemon.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.PieceLayout;
import dev.naiad.testkit.FakeClock;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks in use while they are removed, evicted, or written to from outside. */
final class HeldTaskTest {
    private static final String ID = "ab".repeat(32);
    private static final PieceLayout LAYOUT = new PieceLayout(3L * (64 << 10) + 100, 64 << 10);

    @TempDir Path dir;
    private final FakeClock clock = new FakeClock();
    private @org.jspecify.annotations.Nullable PieceStore opened;

    @AfterEach
    void close() {
        store().close();
    }

    private PieceStore store() {
        PieceStore store = opened;
        return store == null ? reopen() : store;
    }

    private PieceStore reopen() {
        PieceStore store = PieceStore.open(dir, true, clock);
        opened = store;
        return store;
    }

    private StoredTask create() {
        return store().create(new TaskMeta(ID, "http://o/x", LAYOUT, Map.of(), clock.instant()));
    }

    private StoredTask createWhole() {
        StoredTask task = create();
        for (int piece = 0; piece < LAYOUT.count(); piece++) {
            PieceStoreTest.write(task, piece);
        }
        task.seal();
        return task;
    }

    private static void assertAborted(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NaiadException.class,
                        e -> assertThat(e.kind()).isEqualTo(ErrorKind.ABORTED));
    }

    @Test
    void aRemovedTaskNeverReadsOrWritesTheFileOfItsSuccessor() throws Exception {
        StoredTask old = createWhole();
        try (var reading = old.openContent();
                PieceWriter writing = old.write(1)) {
            assertThat(store().drop(ID)).isTrue();
            StoredTask fresh = create();
            assertAborted(old::openContent);
            assertAborted(() -> old.write(0));
            assertThat(old.tryRetain()).isFalse();
            // What was open goes on with the old file.
            assertThat(reading.size()).isEqualTo(LAYOUT.contentLength());
            writing.write(java.nio.ByteBuffer.wrap(PieceStoreTest.bytes(1)));
            assertThat(Files.size(fresh.content())).isZero();
        }
        store().flush();
        assertThat(store().find(ID).orElseThrow().presentCount()).isZero();
        store().close();
        reopen();
        assertThat(store().find(ID).orElseThrow().presentCount()).isZero();
    }

    @Test
    void whatIsHeldIsNeverEvictedHoweverTheyRace() throws Exception {
        var policy = new StoreEviction.Policy(Duration.ofDays(30), 1, 2, 1);
        var eviction = new StoreEviction(store(), policy, clock, id -> {});
        var done = new AtomicBoolean();
        var evicting =
                new FutureTask<>(
                        () -> {
                            int count = 0;
                            while (!done.get()) {
                                count += eviction.free(1);
                            }
                            return count;
                        });
        Thread.ofPlatform().start(evicting);
        int held = 0;
        for (int round = 0; round < 300; round++) {
            if (store().find(ID).isEmpty()) {
                create();
            }
            Optional<StoredTask> task = store().acquire(ID);
            if (task.isPresent()) {
                held++;
                assertThat(task.get().isDropped()).isFalse();
                task.get().openContent().close();
                PieceStoreTest.write(task.get(), 3);
                assertThat(task.get().isDropped()).isFalse();
                assertThat(Files.exists(task.get().content())).isTrue();
                task.get().release();
            }
        }
        done.set(true);
        assertThat(evicting.get(60, TimeUnit.SECONDS)).isPositive();
        assertThat(held).isPositive();
    }

    @Test
    void aLinkedContentThatStaysAsItIsIsGood() throws Exception {
        StoredTask task = createWhole();
        Path output = dir.resolve("output");
        task.linkTo(output);
        assertThat(Files.getAttribute(output, "unix:nlink")).isEqualTo(2);
        task.linkTo(dir.resolve("another"));
        Files.delete(dir.resolve("another"));
        for (int piece = 0; piece < LAYOUT.count(); piece++) {
            assertThat(task.piece(piece)).isPresent();
        }
        assertThat(task.isDropped()).isFalse();
    }

    @Test
    void aLinkedContentThatIsChangedFromOutsideIsNeitherServedNorWrittenTo() throws Exception {
        for (boolean restart : new boolean[] {false, true}) {
            StoredTask task = createWhole();
            Path output = dir.resolve("output" + restart);
            task.linkTo(output);
            store().flush();
            assertThat(task.piece(1)).isPresent();
            if (restart) {
                store().close();
                reopen();
                task = store().find(ID).orElseThrow();
                assertThat(task.piece(1)).isPresent();
            }
            // Back in time, as tools do that keep times.
            var before = Files.getLastModifiedTime(output);
            try (var file = new RandomAccessFile(output.toFile(), "rw")) {
                file.seek(LAYOUT.offset(1) + 7);
                int old = file.read();
                file.seek(LAYOUT.offset(1) + 7);
                file.write(old ^ 1);
            }
            Files.setLastModifiedTime(output, before);
            byte[] changed = Files.readAllBytes(output);

            assertThat(task.piece(0)).isPresent();
            assertThat(task.piece(1)).isEmpty();
            assertThat(task.isDropped()).isTrue();
            StoredTask refused = task;
            assertAborted(() -> refused.write(1));
            createWhole();
            store().flush();
            assertThat(Files.readAllBytes(output)).isEqualTo(changed);
            assertThat(store().find(ID).orElseThrow().piece(1)).isPresent();
            assertThat(store().drop(ID)).isTrue();
        }
    }

    @Test
    void aLinkedContentThatWasTruncatedIsNotServed() throws Exception {
        StoredTask task = createWhole();
        Path output = dir.resolve("output");
        task.linkTo(output);
        Files.write(output, new byte[] {1, 2, 3});
        var pieces = new ArrayList<PieceRecord>();
        for (int piece = 0; piece < LAYOUT.count(); piece++) {
            task.piece(piece).ifPresent(pieces::add);
        }
        assertThat(pieces).isEmpty();
        assertThat(Files.readAllBytes(output)).containsExactly(1, 2, 3);
    }
}
