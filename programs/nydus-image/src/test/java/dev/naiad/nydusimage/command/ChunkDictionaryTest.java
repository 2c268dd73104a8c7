package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.JsonReader;
import dev.naiad.nydusimage.main.NydusImageProgram;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Images that refer to the chunks of another one. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChunkDictionaryTest {
    private static final int SHARED = 40 * 4096;
    private static final int OWN = 3 * 4096;

    private final ShortTempDir temp = ShortTempDir.create();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void trees() throws IOException {
        Requires.commands("tar", "diff");
        write("first/shared", noise(1, SHARED));
        write("first/unused", noise(2, SHARED));
        write("second/a/own", noise(3, OWN));
        write("second/shared", noise(1, SHARED));
        write("second/z", "tail".getBytes(StandardCharsets.US_ASCII));
        write("third/same", noise(1, SHARED));
    }

    @AfterEach
    void clean() {
        temp.close();
    }

    private static byte[] noise(long seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Path path(String name) {
        return temp.resolve(name);
    }

    private void write(String name, byte[] content) throws IOException {
        Files.createDirectories(path(name).getParent());
        Files.write(path(name), content);
    }

    private int run(Object... args) throws Exception {
        err.reset();
        var context =
                ProgramContext.forTest(
                        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of());
        return new NydusImageProgram()
                .run(context, Arrays.stream(args).map(Object::toString).toList());
    }

    private List<String> create(String version, String tree, Object... more) throws Exception {
        var args =
                new ArrayList<Object>(List.of("create", "-v", version, "--chunk-size", "0x1000"));
        args.addAll(List.of("-D", path("blobs"), "-J", path("json")));
        args.addAll(List.of(more));
        args.add(path(tree));
        assertThat(run(args.toArray())).as("%s", err).isZero();
        return JsonReader.read(path("json")).get("blobs").items().stream()
                .map(item -> item.text())
                .toList();
    }

    private void assertUnpacksTo(String tree, Path boot) throws Exception {
        var tar = path("out.tar");
        assertThat(run("unpack", "-D", path("blobs"), "--output", tar, boot))
                .as("%s", err)
                .isZero();
        var target = Files.createTempDirectory(path("."), "tree");
        Commands.run("tar", "-C", target.toString(), "-xf", tar.toString()).orFail();
        Commands.run("diff", "-r", path(tree).toString(), target.toString()).orFail();
    }

    @Test
    void chunksOfTheDictionaryAreNotStoredAgain() throws Exception {
        for (var version : List.of("5", "6")) {
            var dictionary = create(version, "first", "-B", path("dict"));
            assertThat(dictionary).hasSize(1);
            var second =
                    create(
                            version,
                            "second",
                            "-B",
                            path("second.boot"),
                            "--chunk-dict",
                            "bootstrap=" + path("dict"));
            assertThat(second).hasSize(2).endsWith(dictionary.getFirst());
            assertThat(Files.size(path("blobs").resolve(second.getFirst())))
                    .isBetween((long) OWN, (long) OWN + 4096 * 3);
            assertThat(run("check", path("second.boot"))).as("%s", err).isZero();
            assertUnpacksTo("second", path("second.boot"));

            // Nothing of its own: no blob is written.
            var third =
                    create(
                            version,
                            "third",
                            "-B",
                            path("third.boot"),
                            "--chunk-dict",
                            path("dict"));
            assertThat(third).isEqualTo(dictionary);
            assertUnpacksTo("third", path("third.boot"));
        }
    }

    @Test
    void aLayerWithADictionaryIsMerged() throws Exception {
        var dictionary = create("6", "first", "-B", path("dict"));
        Commands.run(
                        "tar",
                        "-C",
                        path("second").toString(),
                        "-cf",
                        path("second.tar").toString(),
                        ".")
                .orFail();
        var layer =
                create(
                        "6",
                        "second.tar",
                        "--type",
                        "tar-rafs",
                        "--blob-inline-meta",
                        "--features",
                        "blob-toc",
                        "--chunk-dict",
                        path("dict"));
        assertThat(layer).hasSize(2).endsWith(dictionary.getFirst());
        var blob = path("blobs").resolve(layer.getFirst());
        Files.write(
                path(layer.getFirst()),
                BlobReader.inlinedBootstrap(
                        ByteSource.of("blob", MemorySegment.ofArray(Files.readAllBytes(blob)))));
        assertThat(
                        run(
                                "merge",
                                "-B",
                                path("merged"),
                                "--chunk-dict",
                                "bootstrap=" + path("dict"),
                                path(layer.getFirst())))
                .as("%s", err)
                .isZero();
        assertUnpacksTo("second", path("merged"));
    }

    @Test
    void aLayerIsBuiltOnAParent() throws Exception {
        write("upper/a/own", noise(3, OWN));
        write("upper/again", noise(1, SHARED));
        write("upper/.wh.unused", new byte[0]);
        write("both/shared", noise(1, SHARED));
        write("both/again", noise(1, SHARED));
        write("both/a/own", noise(3, OWN));
        write("removal/.wh.a", new byte[0]);
        write("less/shared", noise(1, SHARED));
        write("less/again", noise(1, SHARED));
        for (var version : List.of("5", "6")) {
            var lower = create(version, "first", "-B", path("lower"));
            var upper =
                    create(
                            version,
                            "upper",
                            "-B",
                            path("upper.boot"),
                            "--parent-bootstrap",
                            path("lower"));
            assertThat(upper).hasSize(2).startsWith(lower.getFirst());
            assertThat(Files.size(path("blobs").resolve(upper.getLast())))
                    .isBetween((long) OWN, (long) OWN + 4096 * 3);
            assertThat(run("check", path("upper.boot"))).as("%s", err).isZero();
            assertUnpacksTo("both", path("upper.boot"));

            // Nothing new: the parent's blobs stay, no blob is added.
            var removed =
                    create(
                            version,
                            "removal",
                            "-B",
                            path("less.boot"),
                            "--parent-bootstrap",
                            path("upper.boot"));
            assertThat(removed).isEqualTo(upper);
            assertUnpacksTo("less", path("less.boot"));
        }
        create("6", "first", "-B", path("zero"), "--repeatable");
        assertThat(
                        run(
                                "create",
                                "--chunk-size",
                                "0x1000",
                                "-D",
                                path("blobs"),
                                "--parent-bootstrap",
                                path("zero"),
                                path("upper")))
                .isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("explicit uid and gid");
    }

    @Test
    void aLayerIsBuiltOnAParentWithADictionary() throws Exception {
        write("dict/only", noise(7, SHARED));
        write("dict/shared", noise(1, SHARED));
        write("upper/fromDictionary", noise(7, SHARED));
        write("upper/fromParent", noise(2, SHARED));
        write("upper/fromBoth", noise(1, SHARED));
        write("upper/own", noise(3, OWN));
        for (String name : List.of("shared", "unused")) {
            write("all/" + name, noise(name.equals("shared") ? 1 : 2, SHARED));
        }
        for (String name : List.of("fromDictionary", "fromParent", "fromBoth", "own")) {
            write("all/" + name, Files.readAllBytes(path("upper/" + name)));
        }
        for (var version : List.of("5", "6")) {
            var parent = create(version, "first", "-B", path("lower"));
            var dictionary = create(version, "dict", "-B", path("dict.boot"));
            var args = new Object[] {"-B", path("top"), "--chunk-dict", path("dict.boot")};
            var both = new ArrayList<Object>(List.of(args));
            both.addAll(List.of("--parent-bootstrap", path("lower")));
            var top = create(version, "upper", both.toArray());
            assertThat(top)
                    .hasSize(3)
                    .startsWith(parent.getFirst())
                    .endsWith(dictionary.getFirst());
            assertThat(Files.size(path("blobs").resolve(top.get(1))))
                    .isBetween((long) OWN, (long) OWN + 4096 * 3);
            assertThat(run("check", path("top"))).as("%s", err).isZero();
            assertUnpacksTo("all", path("top"));

            // A dictionary that is the parent adds no blob.
            both.set(3, path("lower"));
            var same = create(version, "upper", both.toArray());
            assertThat(same).hasSize(2).startsWith(parent.getFirst());
            assertUnpacksTo("all", path("top"));
        }
    }

    @Test
    void aDictionaryThatDoesNotFitIsRefused() throws Exception {
        create("5", "first", "-B", path("old"));
        assertRefused("RAFS version", path("old"));
        create("6", "first", "-B", path("sha"), "--digester", "sha256");
        assertRefused("digester", path("sha"));
        assertRefused("invalid chunk dict type local", "local=" + path("sha"));
        assertRefused("does not exist", path("nowhere"));
        var inlined = create("6", "first", "--blob-inline-meta").getFirst();
        Files.write(
                path(inlined),
                BlobReader.inlinedBootstrap(
                        ByteSource.of(
                                "blob",
                                MemorySegment.ofArray(
                                        Files.readAllBytes(path("blobs").resolve(inlined))))));
        assertRefused("nydus-image merge", path(inlined));
    }

    private void assertRefused(String why, Object dictionary) throws Exception {
        assertThat(
                        run(
                                "create",
                                "--chunk-size",
                                "0x1000",
                                "-D",
                                path("refused"),
                                "-B",
                                path("boot"),
                                "--chunk-dict",
                                dictionary,
                                path("second")))
                .isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(why);
        try (var files = Files.list(path("refused"))) {
            assertThat(files.toList()).isEmpty();
        }
    }
}
