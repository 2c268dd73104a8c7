package dev.naiad.base.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process of our own, because exit codes and signals belong to processes. */
final class ProgramLauncherTest {
    @TempDir private Path directory;

    /** The program that runs in the child. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            ProgramLauncher.launch(Child::run, List.of(args));
        }

        private static final Object[] KEPT = new Object[1];

        /** Until there is no room for the smallest object. */
        private static void fill() {
            OutOfMemoryError last = new OutOfMemoryError("Java heap space");
            for (int size = 1 << 18; size > 0; size /= 2) {
                try {
                    while (true) {
                        var next = new Object[size];
                        next[0] = KEPT[0];
                        KEPT[0] = next;
                    }
                } catch (OutOfMemoryError e) {
                    last = e;
                }
            }
            throw last;
        }

        @SuppressWarnings("ModifiedButNotUsed") // what fills the heap is only held
        private static void exhaust() {
            var all = new ArrayList<byte[]>();
            while (true) {
                all.add(new byte[1 << 20]);
            }
        }

        @SuppressWarnings("ModifiedButNotUsed") // what fills the memory is only held
        private static int run(ProgramContext context, List<String> args) throws Exception {
            String what = args.getFirst();
            if (what.equals("fail")) {
                throw new NaiadException(ErrorKind.NOT_FOUND, "blob", new IOException("no file"));
            }
            if (what.equals("bug")) {
                throw new IllegalStateException("a bug");
            }
            switch (what) {
                case "heap" -> exhaust();
                case "full" -> fill();
                case "wrapped" -> {
                    try {
                        exhaust();
                    } catch (OutOfMemoryError e) {
                        throw new NaiadException(ErrorKind.INTERNAL, "building failed", e);
                    }
                }
                case "buffers" -> {
                    var all = new ArrayList<ByteBuffer>();
                    while (true) {
                        all.add(ByteBuffer.allocateDirect(1 << 20));
                    }
                }
                case "thread" -> {
                    Thread.ofPlatform().start(Child::exhaust);
                    context.stop().await();
                }
                default -> {}
            }
            if (!what.equals("wait")) {
                return Integer.parseInt(what);
            }
            context.stop().watch();
            context.out().println("ready");
            context.awaitStop();
            context.out().println("stopping");
            return Integer.parseInt(args.get(1));
        }
    }

    @Test
    void lackOfMemoryIsOneLineThatSaysHowToGetMore() throws Exception {
        for (String kind : List.of("heap", "wrapped", "thread", "full")) {
            assertThat(exitCode(child(kind))).as(kind).isEqualTo(1);
            assertThat(directory.resolve("err"))
                    .content()
                    .as(kind)
                    .matches(
                            "Error: out of memory: a heap of \\d+ MiB is too small; raise the limit"
                                    + " with NAIAD_JAVA_OPTS=-Xmx\\d+m\n");
        }
        assertThat(exitCode(child("buffers"))).isEqualTo(1);
        assertThat(directory.resolve("err"))
                .content()
                .startsWith("Error: out of memory: buffers need more;")
                .contains("NAIAD_JAVA_OPTS=-XX:MaxDirectMemorySize=")
                .hasLineCount(1);
    }

    private Process child(String... args) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var script = "trap '' INT HUP; exec \"$@\"";
        var command =
                new ArrayList<>(
                        List.of(
                                "sh",
                                "-c",
                                script,
                                "sh",
                                java,
                                "-XX:TieredStopAtLevel=1",
                                "-Xmx32m",
                                "-XX:MaxDirectMemorySize=16m",
                                "-XX:+UseSerialGC"));
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
        command.addAll(List.of(args));
        var builder = new ProcessBuilder(command);
        builder.redirectError(directory.resolve("err").toFile());
        return builder.start();
    }

    private static int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void aTerminatedProgramStopsInOrderAndEndsWithItsOwnCode() throws Exception {
        for (String code : List.of("0", "5")) {
            Process process = child("wait", code);
            try (var out =
                    new BufferedReader(
                            new InputStreamReader(
                                    process.getInputStream(), StandardCharsets.UTF_8))) {
                assertThat(out.readLine()).isEqualTo("ready");
                process.toHandle().destroy(); // Process.destroy would close the streams
                assertThat(out.readLine()).isEqualTo("stopping");
                assertThat(exitCode(process)).isEqualTo(Integer.parseInt(code));
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void aFailureIsOneLineAndABugHasATrace() throws Exception {
        assertThat(exitCode(child("fail"))).isEqualTo(1);
        assertThat(directory.resolve("err")).hasContent("Error: blob: no file");
        assertThat(exitCode(child("bug"))).isEqualTo(1);
        assertThat(directory.resolve("err"))
                .content()
                .startsWith("Error: a bug\njava.lang.IllegalStateException: a bug\n");
    }

    @Test
    void theProgramsCodeIsTheProcesss() throws Exception {
        assertThat(exitCode(child("7"))).isEqualTo(7);
        assertThat(exitCode(child("0"))).isZero();
    }
}
