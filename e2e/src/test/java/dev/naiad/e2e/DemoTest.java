package dev.naiad.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.JsonReader;
import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.ProcessTable;
import dev.naiad.e2e.lab.Workspace;
import dev.naiad.testkit.Await;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a process of its own, with the small image. */
@Tag("e2e")
class DemoTest {
    @TempDir Path dir;

    @Test
    void showsFiguresThatAgreeAndLeavesNothingBehind() throws Exception {
        var json = dir.resolve("figures.json");
        var svg = dir.resolve("chart.svg");
        var result = Command.of(words("--small", "--json", json.toString(), "--svg=" + svg)).run();
        assertThat(result.code()).as(result.text()).isZero();
        assertThat(result.out())
                .contains("plain OCI (overlayfs)")
                .contains("nydus, node 1, cold")
                .contains("The books agree:");
        var figures = JsonReader.read(json);
        var runs = figures.get("runs").items();
        assertThat(runs).hasSize(5);
        for (var run : runs) {
            for (String key :
                    List.of(
                            "wallSeconds",
                            "ratioToOci",
                            "neededBytes",
                            "imageBytes",
                            "registryBytes",
                            "seedBytes",
                            "peerBytes",
                            "localPeerBytes",
                            "cacheBytes",
                            "registryRequests")) {
                assertThat(run.get(key).text()).as(key).isNotEmpty();
            }
        }
        assertThat(Long.parseLong(runs.get(1).get("neededBytes").text()))
                .as("a lazy start needs part of the image")
                .isPositive()
                .isLessThan(Long.parseLong(runs.get(1).get("imageBytes").text()));
        assertThat(Files.readString(svg)).startsWith("<svg").contains("nydus, node 2");
        assertNothingLeft(result.out());
    }

    private static void assertNothingLeft(String output) {
        var found = java.util.regex.Pattern.compile("/tmp/(nd\\d+[a-z]+)").matcher(output);
        assertThat(found.find())
                .as("the demo does not name its directory unless it is kept")
                .isFalse();
    }

    @Test
    void whenItIsEndedInTheMiddleEverythingIsGone() throws Exception {
        var process = start();
        long pid = process.pid();
        await(pid, "/tmp/nd" + pid + "a/n1/");
        process.destroy(); // SIGTERM, as Ctrl-C but not ignored by anybody
        assertThat(process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(traces(pid)).isEmpty();
    }

    @Test
    void afterAKillTheNextOneSweepsWhatIsLeft() throws Exception {
        var process = start();
        long pid = process.pid();
        await(pid, "/tmp/nd" + pid + "a/reg-plain/");
        process.destroyForcibly();
        assertThat(process.waitFor(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(traces(pid)).isNotEmpty();
        // What every lab does before it starts; not --clean, which also removes what a developer
        // kept.
        Workspace.sweep(false, ignored -> {});
        assertThat(traces(pid)).isEmpty();
    }

    private Process start() throws IOException {
        return new ProcessBuilder(words("--small", "--svg", dir.resolve("x.svg").toString()))
                .redirectInput(new File("/dev/null"))
                .redirectOutput(dir.resolve("out").toFile())
                .redirectErrorStream(true)
                .start();
    }

    /** Waits until the demo has a process that mentions this path. */
    private void await(long pid, String mark) {
        Await.until(
                "demo " + pid + " has a process with " + mark,
                () -> !ProcessTable.mentioning(mark).isEmpty(),
                () -> {
                    try {
                        return Files.readString(dir.resolve("out"));
                    } catch (IOException none) {
                        return "";
                    }
                });
    }

    /** Processes, mounts and directories of the demo with this process id. */
    private static List<String> traces(long pid) throws IOException {
        // With the letter: other temporary directories' names end in digits.
        var mark = "/tmp/nd" + pid + "a";
        List<String> traces = new ArrayList<>();
        ProcessTable.mentioning(mark + "/")
                .forEach(left -> traces.add("process " + left + ProcessTable.commandLine(left)));
        Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .filter(line -> line.contains(mark))
                .forEach(traces::add);
        try (Stream<Path> files = Files.list(Path.of("/tmp"))) {
            files.map(Path::toString).filter(file -> file.startsWith(mark)).forEach(traces::add);
        }
        return traces;
    }

    private static List<String> words(String... arguments) {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
        words.add("-Dnaiad.dist=" + Dist.find().root());
        words.addAll(
                List.of("-cp", System.getProperty("java.class.path"), "dev.naiad.e2e.demo.Demo"));
        words.addAll(List.of(arguments));
        return words;
    }
}
