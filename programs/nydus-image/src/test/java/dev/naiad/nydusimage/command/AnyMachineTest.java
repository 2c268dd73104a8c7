package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.nydusimage.main.NydusImageProgram;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.NastyTars;
import dev.naiad.testkit.RunningProcess;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The same archives give the same files on machines that have nothing in common: number of
 * processors, umask, language, time zone, directory, home. Each machine is a process that runs the
 * commands.
 */
@Timeout(900)
class AnyMachineTest {
    private static final int LARGE = 500_000;
    private static final List<String> COMPRESSORS = List.of("none", "lz4_block", "zstd");

    /** What differs: of the JVM, of its environment, of the shell before it. */
    private record Machine(String name, String umask, List<String> jvm, Map<String, String> env) {}

    private static List<Machine> machines() {
        return List.of(
                new Machine("ordinary", "022", List.of(), Map.of("LC_ALL", "C.UTF-8", "TZ", "UTC")),
                // Turkish has an i of its own, and one processor is one worker.
                new Machine(
                        "turkish",
                        "077",
                        List.of(
                                "-XX:ActiveProcessorCount=1",
                                "-Duser.language=tr",
                                "-Duser.country=TR",
                                "-Duser.timezone=Asia/Kathmandu"),
                        Map.of("LC_ALL", "C", "TZ", "Asia/Kathmandu")),
                // Arabic has digits of its own.
                new Machine(
                        "arabic",
                        "007",
                        List.of(
                                "-XX:ActiveProcessorCount=3",
                                "-Duser.language=ar",
                                "-Duser.country=EG",
                                "-Duser.timezone=America/Los_Angeles",
                                "-Dfile.encoding=ISO-8859-1"),
                        Map.of(
                                "LANG",
                                "ar_EG",
                                "HOME",
                                "/nowhere",
                                "XDG_CONFIG_HOME",
                                "/nowhere")));
    }

    /** What a machine runs: in the directory of the first argument. */
    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        for (String version : List.of("5", "6")) {
            for (String compressor : COMPRESSORS) {
                String name = version + compressor;
                var layers = new ArrayList<String>();
                for (String archive : List.of("lower", "upper")) {
                    Path blob = directory.resolve(name + archive + ".blob");
                    var create = new ArrayList<String>();
                    create.addAll(List.of("create", "--type", "tar-rafs", "-v", version));
                    create.addAll(List.of("--compressor", compressor, "--blob", blob.toString()));
                    create.addAll(List.of("--blob-inline-meta"));
                    if (version.equals("6")) {
                        create.addAll(List.of("--features", "blob-toc"));
                    }
                    create.add(directory.resolve(archive + ".tar").toString());
                    run(create);
                    layers.add(blob.toString());
                }
                Path image = directory.resolve(name + ".boot");
                var merge = new ArrayList<>(List.of("merge", "-B", image.toString()));
                merge.addAll(layers);
                run(merge);
            }
        }
        Path image = directory.resolve("6zstd.boot").toAbsolutePath();
        run(
                List.of(
                        "chunkdict",
                        "generate",
                        image.toString(),
                        "-B",
                        directory.resolve("dictionary.boot").toString()));
        System.exit(0);
    }

    private static void run(List<String> arguments) throws Exception {
        var err = new ByteArrayOutputStream();
        var context =
                ProgramContext.forTest(
                        new PrintStream(new ByteArrayOutputStream()),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        System.getenv());
        if (new NydusImageProgram().run(context, arguments) != 0) {
            System.err.println(arguments + "\n" + err.toString(StandardCharsets.UTF_8));
            System.exit(1);
        }
    }

    /**
     * Every kind of entry: the lowest layers of the corpus one after the other, and so on; what is
     * large in it would only take time.
     */
    private static byte[] archive(boolean upper) throws IOException {
        var all = new ByteArrayOutputStream();
        for (var image : NastyTars.all().toList()) {
            if (image.layers().stream().anyMatch(layer -> layer.length > LARGE)) {
                continue;
            }
            // What only a converter may take: it knows that there is a layer below.
            boolean linked = image.name().equals("hard links into lower layers");
            if (!upper) {
                all.writeBytes(image.layers().getFirst());
            } else if (image.layers().size() > 1 && !linked) {
                all.writeBytes(image.layers().get(1));
            }
        }
        return all.toByteArray();
    }

    private static Map<String, String> digests(Path directory) throws IOException {
        var digests = new TreeMap<String, String>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                digests.put(
                        String.valueOf(file.getFileName()),
                        Digest.sha256Of(Files.readAllBytes(file)).hex());
            }
        }
        return digests;
    }

    @Test
    void theSameArchivesGiveTheSameFilesEverywhere() throws Exception {
        try (var temp = ShortTempDir.create()) {
            var results = new TreeMap<String, Map<String, String>>();
            for (Machine machine : machines()) {
                Path directory = Files.createDirectory(temp.resolve(machine.name()));
                Files.write(directory.resolve("lower.tar"), archive(false));
                Files.write(directory.resolve("upper.tar"), archive(true));
                var command = new ArrayList<String>();
                command.addAll(List.of("/bin/sh", "-c"));
                command.add("umask " + machine.umask() + "; cd " + directory + "; exec \"$@\"");
                command.add("sh");
                command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
                command.addAll(machine.jvm());
                command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"));
                command.add("--enable-native-access=ALL-UNNAMED");
                command.addAll(List.of("-cp", System.getProperty("java.class.path")));
                command.addAll(List.of(AnyMachineTest.class.getName(), "."));
                Path output = temp.resolve(machine.name() + ".out");
                try (var process = RunningProcess.startClean(output, machine.env(), command)) {
                    Await.until("its end", Duration.ofMinutes(4), () -> !process.isAlive());
                    assertThat(process.awaitExit()).as(process.output()).isZero();
                }
                results.put(machine.name(), digests(directory));
            }
            var ordinary = results.remove("ordinary");
            assertThat(ordinary).hasSize(2 + 2 * 3 * 3 + 1);
            results.forEach((name, files) -> assertThat(files).as(name).isEqualTo(ordinary));
        }
    }
}
