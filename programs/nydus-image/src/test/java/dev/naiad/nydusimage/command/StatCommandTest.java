package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.nydusimage.main.NydusImageProgram;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The figures of {@code stat}, counted by hand for two small trees. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StatCommandTest {
    private final ShortTempDir temp = ShortTempDir.create();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void images() throws Exception {
        // 9 chunks of 4 KiB in two files, of which all are distinct, and one of 5 bytes with two
        // names.
        write("base/large", distinct(8, 0));
        write("base/sub/small", distinct(1, 100));
        write("base/tiny", "world".getBytes(StandardCharsets.US_ASCII));
        Files.createLink(path("base/tiny2"), path("base/tiny"));
        Files.createSymbolicLink(path("base/link"), Path.of("tiny"));
        // 8 chunks of the base, 2 of its own.
        write("target/same", distinct(8, 0));
        write("target/other", distinct(2, 200));
        for (var version : List.of("5", "6")) {
            create(version, "base");
            create(version, "target");
        }
    }

    @AfterEach
    void clean() {
        temp.close();
    }

    private static byte[] distinct(int chunks, int first) {
        byte[] bytes = new byte[chunks * 4096];
        for (int i = 0; i < chunks; i++) {
            Arrays.fill(bytes, i * 4096, (i + 1) * 4096, (byte) (first + i));
        }
        return bytes;
    }

    private Path path(String name) {
        return temp.resolve(name);
    }

    private void write(String name, byte[] content) throws IOException {
        Files.createDirectories(path(name).getParent());
        Files.write(path(name), content);
    }

    private void create(String version, String tree) throws Exception {
        Files.createDirectories(path("boot" + version));
        int code =
                run(
                        "create",
                        "-v",
                        version,
                        "--chunk-size",
                        "0x1000",
                        "-D",
                        path("blobs"),
                        "-B",
                        path("boot" + version).resolve(tree),
                        path(tree));
        assertThat(code).as("%s", err).isZero();
    }

    private int run(Object... args) throws Exception {
        out.reset();
        err.reset();
        var context =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of());
        return new NydusImageProgram()
                .run(context, Arrays.stream(args).map(Object::toString).toList());
    }

    private static List<Long> numbers(ConfigNode node) {
        return node.items().stream().map(item -> Long.valueOf(item.text())).toList();
    }

    private static long number(ConfigNode node, String key) {
        return Long.parseLong(node.get(key).text());
    }

    @Test
    void figuresOfBaseAndTarget() throws Exception {
        for (var version : List.of("5", "6")) {
            var boots = path("boot" + version);
            assertThat(
                            run(
                                    "stat",
                                    "-B",
                                    boots.resolve("base"),
                                    "-T",
                                    boots.resolve("target"),
                                    "-J",
                                    path("json")))
                    .as("%s", err)
                    .isZero();
            assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
            assertThat(Files.readString(path("json"))).doesNotContain("\n");
            var json = JsonReader.read(path("json"));
            assertThat(json.entries().keySet())
                    .containsExactly(
                            "dedup_enabled", "target_enabled", "base_image", "target_image");
            assertThat(json.get("dedup_enabled").text()).isEqualTo("false");
            assertThat(json.get("target_enabled").text()).isEqualTo("true");
            var base = json.get("base_image");
            assertThat(number(base, "dirs")).isEqualTo(2);
            assertThat(number(base, "files")).isEqualTo(4);
            assertThat(number(base, "symlinks")).isEqualTo(1);
            assertThat(number(base, "chunks")).isEqualTo(10);
            assertThat(number(base, "file_size")).isEqualTo(9 * 4096 + 5);
            assertThat(number(base, "padding_size")).isEqualTo(4091);
            assertThat(number(base, "uncomp_size")).isEqualTo(10 * 4096);
            assertThat(number(base, "comp_size")).isBetween(10L, 4096L);
            assertThat(number(base, "own_chunks")).isEqualTo(10);
            assertThat(number(base, "own_uncomp_size")).isEqualTo(9 * 4096 + 5);
            assertThat(number(base, "dedup_chunks")).isZero();
            assertThat(numbers(base.get("chunk_sizes")))
                    .containsExactly(10L, 6L, 4L, 3L, 3L, 3L, 3L, 3L, 3L);
            var sizes = numbers(base.get("file_sizes"));
            assertThat(sizes).hasSize(45);
            assertThat(sizes.get(3)).isEqualTo(1);
            assertThat(sizes.get(13)).isEqualTo(1);
            assertThat(sizes.get(16)).isEqualTo(1);
            var target = json.get("target_image");
            assertThat(number(target, "chunks")).isEqualTo(10);
            assertThat(number(target, "ref_chunks")).isEqualTo(8);
            assertThat(number(target, "ref_uncomp_size")).isEqualTo(8 * 4096);
            assertThat(number(target, "own_chunks")).isEqualTo(2);
        }
    }

    @Test
    void aDirectoryOfImagesShowsWhatADictionaryWouldSave() throws Exception {
        var boots = path("boot6");
        Files.writeString(boots.resolve("notes"), "no bootstrap");
        Files.copy(boots.resolve("base"), boots.resolve("copy.boot"));
        byte[] broken = Files.readAllBytes(boots.resolve("base"));
        Files.write(boots.resolve("broken"), Arrays.copyOf(broken, 1100));
        assertThat(run("stat", "-D", boots, "-J", path("json"))).as("%s", err).isZero();
        var base = JsonReader.read(path("json")).get("base_image");
        assertThat(number(base, "chunks")).isEqualTo(20);
        assertThat(number(base, "dedup_chunks")).isEqualTo(12);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("broken");

        assertThat(run("stat", "-D", boots, "-T", boots.resolve("target"))).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("Target Image Statistics:", "Base Image Statistics:")
                .contains("\n1 | 0xa | 0xa | ")
                .contains("\n20 | 0xa | 0xa | ");
        assertThat(run("stat", "-D", boots)).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("\n1 | 0x14 | 0xc | ")
                .contains("\n3 | 0x14 | 0x14 | ");
    }

    @Test
    void mistakesNameWhatIsWrong() throws Exception {
        assertThat(run("stat")).isEqualTo(2);
        assertThat(run("stat", "-B", path("base/tiny"))).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("tiny").contains("magic");
        assertThat(run("stat", "-D", path("nowhere"))).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("nowhere");
    }
}
