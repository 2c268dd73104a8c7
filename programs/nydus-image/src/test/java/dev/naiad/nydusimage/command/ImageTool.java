package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.time.Ticker;
import dev.naiad.nydusimage.main.NydusImageProgram;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** nydus-image in process, with a folder for its files. */
final class ImageTool implements AutoCloseable {
    /** What a run left. */
    record Result(int code, String out, String err) {
        Result succeeded() {
            assertThat(code).as("%s", err).isZero();
            return this;
        }

        /** The run failed with exit code 1, said why, and is not a crash. */
        Result failed(String... why) {
            assertThat(code).as("%s", err).isEqualTo(1);
            assertThat(err).contains("Error: ").doesNotContain("\tat ");
            for (String text : why) {
                assertThat(err).contains(text);
            }
            return this;
        }

        /** The run was refused as wrong usage. */
        Result misused(String... why) {
            assertThat(code).as("%s", err).isEqualTo(2);
            assertThat(err).doesNotContain("\tat ");
            for (String text : why) {
                assertThat(err).contains(text);
            }
            return this;
        }
    }

    private final ShortTempDir temp = ShortTempDir.create();

    Path path(String name) {
        return temp.resolve(name);
    }

    /** Runs it without input. */
    Result run(Object... args) throws Exception {
        return runWith("", args);
    }

    Result runWith(String input, Object... args) throws Exception {
        return runIn(Map.of(), input, args);
    }

    /** Runs it with these environment variables. */
    Result runIn(Map<String, String> environment, String input, Object... args) throws Exception {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var test =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of());
        var context =
                new ProgramContext(
                        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                        test.out(),
                        test.err(),
                        environment,
                        InstantSource.system(),
                        Ticker.system(),
                        test.stop());
        int code =
                new NydusImageProgram()
                        .run(context, Arrays.stream(args).map(Object::toString).toList());
        return new Result(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Bytes that no compressor makes smaller. */
    static byte[] noise(long seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    Path write(String name, byte[] content) throws IOException {
        Files.createDirectories(path(name).getParent());
        return Files.write(path(name), content);
    }

    Path write(String name, String content) throws IOException {
        return write(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Builds {@code NAME.boot} from a directory, its blob in {@code blobs}. */
    Path create(String version, String tree, Object... more) throws Exception {
        var args = new ArrayList<Object>(List.of("create", "-v", version));
        args.addAll(List.of("-D", path("blobs"), "-B", path(tree + ".boot")));
        args.addAll(List.of(more));
        args.add(path(tree));
        Files.createDirectories(path("blobs"));
        run(args.toArray()).succeeded();
        return path(tree + ".boot");
    }

    /** Builds layers from directories and merges them into {@code NAME.boot}. */
    Path merged(String version, String name, List<String> trees, Object... more) throws Exception {
        var args = new ArrayList<Object>(List.of("merge", "-B", path(name + ".boot")));
        Files.createDirectories(path("layers"));
        for (String tree : trees) {
            create(version, tree, more);
            // A merge takes a layer's blob to be named like its bootstrap.
            var blobs = blobs(path(tree + ".boot"));
            String id = blobs.isEmpty() ? tree : blobs.getFirst().id();
            Files.move(
                    path(tree + ".boot"),
                    path("layers").resolve(id),
                    StandardCopyOption.REPLACE_EXISTING);
            args.add(path("layers").resolve(id));
        }
        run(args.toArray()).succeeded();
        return path(name + ".boot");
    }

    static Bootstrap open(Path bootstrap) throws IOException {
        var bytes = MemorySegment.ofArray(Files.readAllBytes(bootstrap));
        return BootstrapReader.open(bytes, bootstrap.toString());
    }

    /** The entry below {@code directory} with these names, one below the other. */
    static Inode at(Inode directory, String... names) {
        var inode = directory;
        for (String name : names) {
            inode =
                    Objects.requireNonNull(
                            inode.child(name.getBytes(StandardCharsets.UTF_8)), name);
        }
        return inode;
    }

    static List<BlobInfo> blobs(Path bootstrap) throws IOException {
        return open(bootstrap).blobs();
    }

    /** The archive that the image unpacks to, blobs from {@code blobs}. */
    byte[] unpacked(Path bootstrap) throws Exception {
        run("unpack", bootstrap, "-D", path("blobs"), "--output", path("out.tar")).succeeded();
        return Files.readAllBytes(path("out.tar"));
    }

    ConfigNode json(String name) {
        return JsonReader.read(path(name));
    }

    static List<String> texts(ConfigNode list) {
        return list.items().stream().map(ConfigNode::text).toList();
    }

    /** Names of what is in a directory, sorted. */
    List<String> names(String directory) throws IOException {
        if (!Files.exists(path(directory))) {
            return List.of();
        }
        try (var list = Files.list(path(directory))) {
            return list.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public void close() {
        temp.close();
    }
}
