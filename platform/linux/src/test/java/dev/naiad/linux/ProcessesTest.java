package dev.naiad.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.ShortTempDir;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProcessesTest {
    private static final Path SHELL = Path.of("/bin/sh");

    @TempDir private Path directory;

    private long spawn(List<Fd> inherited, String script) {
        return Spawn.detached(
                new Spawn.Command(
                        SHELL,
                        List.of("sh", "-c", script),
                        Map.of("PATH", "/usr/bin:/bin", "WORD", "x y"),
                        directory.resolve("out"),
                        inherited));
    }

    private static int await(long pid) {
        var code = new AtomicReference<>(OptionalInt.empty());
        Await.until(
                "process " + pid + " ends",
                () -> {
                    code.set(Processes.reap(pid));
                    return code.get().isPresent();
                });
        return code.get().orElseThrow();
    }

    @Test
    void aSpawnedProgramHasItsOwnSessionStreamsAndEnvironment() throws Exception {
        long pid =
                spawn(
                        List.of(),
                        "echo $WORD; echo err >&2; read x; cut -d' ' -f6 /proc/$$/stat; echo $$; exit 3");
        assertThat(await(pid)).isEqualTo(3);
        assertThat(directory.resolve("out")).hasContent("x y\nerr\n" + pid + "\n" + pid + "\n");
        assertThat(Processes.reap(pid)).isEmpty();
    }

    @Test
    void itInheritsTheGivenDescriptorsAndNoOthers() throws Exception {
        Files.writeString(directory.resolve("a"), "A");
        Files.writeString(directory.resolve("b"), "B");
        try (Fd a = Fd.openRead(directory.resolve("a"));
                Fd b = Fd.openRead(directory.resolve("b"))) {
            long pid =
                    spawn(
                            List.of(b, a),
                            "cat <&3; cat <&4; echo; for f in 5 6 7 8 9 10 11 12; do test -e /proc/self/fd/$f && echo $f; done; exit 0");
            assertThat(await(pid)).isZero();
        }
        assertThat(directory.resolve("out")).hasContent("BA\n");
    }

    @Test
    void itHearsSignalsThatWeIgnore() throws Exception {
        long pid = spawn(List.of(), "echo ready; exec sleep 1000");
        try {
            Await.until(
                    "it runs",
                    () ->
                            Files.exists(directory.resolve("out"))
                                    && Files.readString(directory.resolve("out"))
                                            .equals("ready\n"));
            try (PidFd process = PidFd.open(pid).orElseThrow()) {
                assertThat(process.awaitEnd(Duration.ZERO)).isFalse();
                assertThat(process.signal(PidFd.SIGINT)).isTrue();
                assertThat(process.awaitEnd(Duration.ofSeconds(60))).isTrue();
            }
            assertThat(await(pid)).isEqualTo(128 + PidFd.SIGINT);
        } finally {
            Processes.kill(pid, PidFd.SIGKILL);
        }
        assertThat(PidFd.open(pid)).isEmpty();
        assertThat(Processes.exists(pid)).isFalse();
    }

    @Test
    void aProgramThatIsNotThereIsTold() {
        assertThatThrownBy(
                        () ->
                                Spawn.detached(
                                        new Spawn.Command(
                                                Path.of("/no/such"),
                                                List.of("x"),
                                                Map.of(),
                                                directory.resolve("out"),
                                                List.of())))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("start /no/such");
    }

    @Test
    void descriptorsTravelThroughSockets() throws Exception {
        Files.writeString(directory.resolve("f"), "content");
        List<Fd> pair = UnixSocket.pair();
        try (Fd left = pair.getFirst();
                Fd right = pair.getLast();
                Fd file = Fd.openRead(directory.resolve("f"))) {
            UnixSocket.send(left, "hello".getBytes(StandardCharsets.UTF_8), List.of(file, file));
            UnixSocket.Message message = UnixSocket.receive(right, 100);
            assertThat(message.bytes()).asString(StandardCharsets.UTF_8).isEqualTo("hello");
            assertThat(message.fds()).hasSize(2);
            for (Fd received : message.fds()) {
                try (received) {
                    var bytes = new byte[7];
                    received.preadFully(MemorySegment.ofArray(bytes), 0);
                    assertThat(bytes).asString(StandardCharsets.UTF_8).isEqualTo("content");
                }
            }
            UnixSocket.send(right, new byte[] {7}, List.of());
            assertThat(UnixSocket.receive(left, 10).fds()).isEmpty();
        }
    }

    @Test
    void theEndOfAStreamIsAMessageWithoutBytes() {
        List<Fd> pair = UnixSocket.pair();
        pair.getLast().close();
        try (Fd left = pair.getFirst()) {
            assertThat(UnixSocket.receive(left, 10).bytes()).isEmpty();
        }
    }

    @Test
    void aSocketFileTellsWhoConnects() {
        try (ShortTempDir temp = ShortTempDir.create();
                Fd listener = UnixSocket.listen(RawPath.of(temp.resolve("s.sock")), 5);
                Fd client = UnixSocket.connect(RawPath.of(temp.resolve("s.sock")));
                Fd server = UnixSocket.accept(listener)) {
            assertThat(UnixSocket.peer(server).pid())
                    .isEqualTo((int) ProcessHandle.current().pid());
            assertThat(UnixSocket.peer(client).pid()).isEqualTo((int) Processes.self());
        }
        assertThatThrownBy(() -> UnixSocket.connect(RawPath.of("/tmp/" + "x".repeat(110))))
                .isInstanceOf(NaiadException.class);
        assertThatThrownBy(() -> UnixSocket.connect(RawPath.of(directory.resolve("none"))))
                .isInstanceOf(NaiadException.class);
    }

    @Test
    void limitsAreReadAndLowered() {
        Processes.Limit limit = Processes.limit(Processes.RLIMIT_NOFILE);
        assertThat(limit.soft()).isPositive();
        Processes.setLimit(Processes.RLIMIT_NOFILE, limit);
        assertThat(Processes.limit(Processes.RLIMIT_NOFILE)).isEqualTo(limit);
    }

    @Test
    void errnoMapsBothWaysAndNeverToSuccess() {
        for (var kind : dev.naiad.base.error.ErrorKind.values()) {
            assertThat(Errno.of(kind).number()).isPositive();
        }
        for (Errno errno : Errno.values()) {
            assertThat(Errno.of(errno.number())).isEqualTo(errno);
        }
        assertThat(ErrnoException.of(4242, "x")).hasMessage("x: errno 4242");
    }

    @Test
    void manyThreadsKeepTheirOwnErrno() throws Exception {
        var wrong = new AtomicReference<String>("");
        var threads = new java.util.ArrayList<Thread>();
        for (int i = 0; i < 100; i++) {
            boolean even = i % 2 == 0;
            threads.add(
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        for (int k = 0; k < 200; k++) {
                                            try (Arena arena = Arena.ofConfined()) {
                                                MemorySegment name =
                                                        arena.allocateFrom(
                                                                even
                                                                        ? "/no/such/file"
                                                                        : "/proc/self");
                                                long flags = even ? Open.O_RDONLY : Open.O_WRONLY;
                                                long result =
                                                        Kernel.call(
                                                                Syscall.OPENAT,
                                                                -100,
                                                                name.address(),
                                                                flags,
                                                                0);
                                                if (result
                                                        != -(even ? Errno.ENOENT : Errno.EISDIR)
                                                                .number()) {
                                                    wrong.set("got " + result);
                                                }
                                            }
                                        }
                                    }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong.get()).isEmpty();
    }
}
