package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramLauncher;
import dev.naiad.nydusimage.main.NydusImageProgram;
import dev.naiad.testkit.RunningProcess;
import dev.naiad.testkit.SeededRandom;
import dev.naiad.testkit.TestTar;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Processes that are killed or run out of memory: no half file has a name that says it is whole.
 */
@Timeout(300)
class KilledToolTest {
    private static final int ROUNDS = 5;
    private static final long ZEROS = 400L << 20;

    private final ImageTool tool = new ImageTool();
    private final Random random = SeededRandom.create("KilledToolTest");

    @AfterEach
    void clean() {
        tool.close();
    }

    /** nydus-image as a process of its own. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            ProgramLauncher.launch(new NydusImageProgram(), List.of(args));
        }
    }

    private RunningProcess start(String heap, Object... args) {
        var command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                heap,
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Child.class.getName()));
        Arrays.stream(args).map(Object::toString).forEach(command::add);
        return RunningProcess.start(tool.path("output"), Map.of(), command);
    }

    private void assertWholeOrMissing(Path file, byte[] whole) throws IOException {
        if (Files.exists(file)) {
            assertThat(Files.readAllBytes(file)).as("%s", file).isEqualTo(whole);
            Files.delete(file);
        }
    }

    @Test
    void aKillAtAnyMomentLeavesNoHalfFile() throws Exception {
        for (int i = 0; i < 200; i++) {
            tool.write("src/" + i, ImageTool.noise(i, 100_000));
        }
        Path blob = tool.path("out.blob");
        Path boot = tool.path("out.boot");
        Path tar = tool.path("out.tar");
        Object[] create = {
            "create", "-t", "dir-rafs", "-b", blob, "-B", boot, "--repeatable", tool.path("src")
        };
        Object[] unpack = {
            "unpack", "-B", tool.path("in.boot"), "--blob", tool.path("in.blob"), "--output", tar
        };
        long began = System.nanoTime();
        try (var process = start("-Xmx256m", create)) {
            assertThat(process.awaitExit()).as(process.output()).isZero();
        }
        long usual = System.nanoTime() - began;
        byte[] wholeBlob = Files.readAllBytes(blob);
        byte[] wholeBoot = Files.readAllBytes(boot);
        Files.move(blob, tool.path("in.blob"));
        Files.move(boot, tool.path("in.boot"));
        try (var process = start("-Xmx256m", unpack)) {
            assertThat(process.awaitExit()).as(process.output()).isZero();
        }
        byte[] wholeTar = Files.readAllBytes(tar);
        Files.delete(tar);
        for (int round = 0; round < ROUNDS; round++) {
            for (Object[] command : List.of(create, unpack)) {
                try (var process = start("-Xmx256m", command)) {
                    // A moment of the run, and no condition to wait for.
                    TimeUnit.NANOSECONDS.sleep((long) (usual * random.nextDouble()));
                    process.kill();
                }
                assertWholeOrMissing(blob, wholeBlob);
                assertWholeOrMissing(boot, wholeBoot);
                assertWholeOrMissing(tar, wholeTar);
            }
        }
    }

    @Test
    void tooSmallAHeapIsOneLineAndLeavesNothing() throws Exception {
        var tar = new TestTar();
        for (int i = 0; i < 60_000; i++) {
            tar.file("directory-" + i % 100 + "/file-with-a-name-" + i, new byte[0]);
        }
        tool.write("many.tar", tar.end());
        Path boot = tool.path("out.boot");
        try (var process =
                start(
                        "-Xmx12m",
                        "create",
                        "-t",
                        "tar-rafs",
                        "-B",
                        boot,
                        "-D",
                        Files.createDirectories(tool.path("out")),
                        tool.path("many.tar"))) {
            assertThat(process.awaitExit()).as(process.output()).isEqualTo(1);
            assertThat(process.output())
                    .contains("out of memory: a heap of ", "NAIAD_JAVA_OPTS=-Xmx")
                    .doesNotContain("\tat ", "OutOfMemoryError");
        }
        assertThat(boot).doesNotExist();
    }

    private static byte[] header(String name, long size) {
        byte[] header = Arrays.copyOf(new TestTar().file(name, new byte[0]).bytes(), 512);
        put(header, 124, "%011o".formatted(size));
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, "%06o\0 ".formatted(sum));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    @Test
    void whatInflatesAThousandTimesPassesThroughASmallHeap() throws Exception {
        Path layer = tool.path("bomb.tar.gz");
        try (var gzip = new GZIPOutputStream(Files.newOutputStream(layer), 1 << 16)) {
            // A header, and 400 MiB of zeros.
            byte[] header = header("zeros", ZEROS);
            gzip.write(header);
            byte[] zeros = new byte[1 << 20];
            for (long at = 0; at < ZEROS; at += zeros.length) {
                gzip.write(zeros);
            }
            gzip.write(new byte[1024]);
        }
        assertThat(Files.size(layer)).isLessThan(1 << 20);
        Path boot = tool.path("bomb.boot");
        try (var process =
                start(
                        "-Xmx48m",
                        "create",
                        "-t",
                        "targz-rafs",
                        "-B",
                        boot,
                        "-D",
                        Files.createDirectories(tool.path("blobs")),
                        layer)) {
            assertThat(process.awaitExit()).as(process.output()).isZero();
        }
        assertThat(ImageTool.at(ImageTool.open(boot).root(), "zeros").size()).isEqualTo(ZEROS);
    }
}
