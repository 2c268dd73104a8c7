package dev.naiad.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.SeededRandom;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FdTest {
    private static final int CREATE = Open.O_RDWR | Open.O_CREAT | Open.O_TRUNC;

    @TempDir private Path directory;

    private final Random random = SeededRandom.create("FdTest");

    @Test
    void whatIsWrittenIsReadFromBothKindsOfMemory() {
        byte[] content = SeededRandom.bytes(random, 100_000);
        try (Fd fd = Fd.open(directory.resolve("f"), CREATE, 0600);
                Arena arena = Arena.ofConfined()) {
            fd.pwriteFully(MemorySegment.ofArray(content), 5);
            fd.pwriteFully(arena.allocateFrom(ValueLayout.JAVA_BYTE, content), 200_000);
            var heap = new byte[content.length];
            fd.preadFully(MemorySegment.ofArray(heap), 200_000);
            assertThat(heap).isEqualTo(content);
            MemorySegment memory = arena.allocate(content.length);
            fd.preadFully(memory, 5);
            assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(content);
            assertThat(fd.pread(memory, 1 << 30)).isZero();
            assertThat(fd.size()).isEqualTo(300_000);
            assertThatThrownBy(() -> fd.preadFully(memory, 250_000))
                    .hasMessageContaining("beyond the end");
            fd.sync();
        }
    }

    @Test
    void errorsNameFileAndErrno() {
        Path missing = directory.resolve("missing");
        assertThatThrownBy(() -> Fd.openRead(missing))
                .isInstanceOf(ErrnoException.class)
                .hasMessage(missing + ": No such file or directory (ENOENT)")
                .satisfies(
                        e ->
                                assertThat(((NaiadException) e).kind())
                                        .isEqualTo(ErrorKind.NOT_FOUND));
        assertThatThrownBy(() -> Fd.open(directory, Open.O_WRONLY, 0))
                .satisfies(e -> assertThat(((ErrnoException) e).is(Errno.EISDIR)).isTrue());
    }

    @Test
    void aClosedDescriptorIsNeverUsed() {
        Fd fd = Fd.open(directory.resolve("f"), CREATE, 0600);
        fd.close();
        fd.close();
        assertThatThrownBy(fd::size)
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("is closed");
        assertThatThrownBy(fd::number).isInstanceOf(NaiadException.class);
        assertThat(fd.isClosed()).isTrue();
    }

    @Test
    void aCloseDuringACallTakesEffectAfterIt() throws Exception {
        List<Fd> pair = UnixSocket.pair();
        var result = new AtomicReference<Object>();
        Thread reader =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try (Arena arena = Arena.ofConfined()) {
                                        result.set(pair.getFirst().read(arena.allocate(10)));
                                    }
                                });
        Path task = Path.of("/proc/self/fd/" + pair.getFirst().number());
        Await.until(
                "the reader is inside",
                () -> reader.getState() == Thread.State.RUNNABLE && inRead(reader));
        pair.getFirst().close();
        assertThat(pair.getFirst().isClosed()).isTrue();
        assertThat(Files.exists(task)).isTrue();
        pair.getLast().writeFully(MemorySegment.ofArray(new byte[] {1, 2, 3}));
        reader.join();
        assertThat(result.get()).isEqualTo(3L);
        pair.getLast().close();
    }

    private static boolean inRead(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(
                        f ->
                                f.getMethodName().equals("transfer")
                                        && f.getClassName().endsWith("Kernel"));
    }

    @Test
    void manyThreadsMayReadWhileOneCloses() throws Exception {
        Path file = Files.write(directory.resolve("f"), new byte[4096]);
        for (int round = 0; round < 50; round++) {
            Fd fd = Fd.openRead(file);
            var failure = new AtomicReference<Throwable>();
            Runnable reader =
                    () -> {
                        Throwable thrown =
                                catchThrowable(
                                        () -> {
                                            try (Arena arena = Arena.ofConfined()) {
                                                MemorySegment buffer = arena.allocate(16);
                                                while (true) {
                                                    fd.preadFully(buffer, 0);
                                                }
                                            }
                                        });
                        if (!(thrown instanceof NaiadException e)
                                || !e.what().contains("is closed")) {
                            failure.set(thrown);
                        }
                    };
            List<Thread> threads =
                    List.of(Thread.ofPlatform().start(reader), Thread.ofPlatform().start(reader));
            fd.close();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failure.get()).isNull();
        }
    }

    @Test
    void spaceIsTakenWhereTheFileSystemCan() {
        try (Fd fd = Fd.open(directory.resolve("f"), CREATE, 0600)) {
            fd.truncate(1 << 20);
            try {
                fd.allocate(0, 0, 4096);
            } catch (ErrnoException e) {
                assertThat(e.kind()).isEqualTo(ErrorKind.UNIMPLEMENTED); // some file systems cannot
            }
            assertThat(fd.size()).isEqualTo(1 << 20);
            fd.advise(0, 0, 4);
        }
    }

    @Test
    void locksExcludeOthers() {
        Path file = directory.resolve("lock");
        try (Fd first = Fd.open(file, CREATE, 0600);
                Fd second = Fd.open(file, Open.O_RDWR, 0)) {
            assertThat(first.tryLock(true)).isTrue();
            assertThat(second.tryLock(false)).isFalse();
            first.unlock();
            assertThat(second.tryLock(true)).isTrue();
        }
    }

    @Test
    void aMapShowsTheFileAndIsGoneAfterClose() throws Exception {
        byte[] content = SeededRandom.bytes(random, 70_000);
        Path file = Files.write(directory.resolve("f"), content);
        MappedFile map;
        try (Fd fd = Fd.openRead(file)) {
            map = MappedFile.readOnly(fd);
        }
        assertThat(map.readBytes(0, content.length)).isEqualTo(content);
        assertThat(map.readBytes(69_999, 1)).containsExactly(content[69_999]);
        assertThatThrownBy(() -> map.readBytes(69_999, 2)).isInstanceOf(NaiadException.class);
        map.advise(3);
        MemorySegment segment = map.segment();
        map.close();
        map.close();
        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0))
                .isInstanceOf(IllegalStateException.class);
        Path empty = Files.createFile(directory.resolve("empty"));
        try (Fd fd = Fd.openRead(empty);
                MappedFile nothing = MappedFile.readOnly(fd)) {
            assertThat(nothing.size()).isZero();
        }
    }

    @Test
    void aFileIsASource() throws Exception {
        byte[] content = SeededRandom.bytes(random, 10_000);
        try (FdSource source = FdSource.open(Files.write(directory.resolve("f"), content))) {
            assertThat(source.size()).isEqualTo(10_000);
            assertThat(source.readBytes(100, 50)).isEqualTo(Arrays.copyOfRange(content, 100, 150));
        }
    }
}
