package dev.naiad.convert.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.JsonReader;
import dev.naiad.convert.main.NydusImageProgram;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.reader.BootstrapReader;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A compacted image is the same tree with the same content, over other blobs. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompactCommandTest {
    private record Result(int code, String out, String err) {}

    private final ShortTempDir temp = ShortTempDir.create();

    @AfterEach
    void clean() {
        temp.close();
    }

    private Path path(String name) {
        return temp.resolve(name);
    }

    private static Result run(Object... args) throws Exception {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var context =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of());
        int code =
                new NydusImageProgram()
                        .run(context, Arrays.stream(args).map(Object::toString).toList());
        return new Result(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static void succeed(Object... args) throws Exception {
        var result = run(args);
        assertThat(result.code).as(result.err).isZero();
    }

    /** Three layers; the second hides half of the first, the third shares a chunk with it. */
    private void image() throws Exception {
        byte[] noise = new byte[1_500_001];
        new Random(7).nextBytes(noise);
        Files.createDirectories(path("a/sub"));
        Files.write(path("a/sub/kept"), Arrays.copyOf(noise, 50_000));
        Files.write(path("a/hidden"), noise);
        Files.writeString(path("a/text"), "text ".repeat(100_000));
        Files.createLink(path("a/linked"), path("a/text"));
        Files.createDirectories(path("b"));
        Files.writeString(path("b/hidden"), "short now");
        Files.createDirectories(path("c"));
        Files.write(path("c/again"), Arrays.copyOf(noise, 50_000));
        Files.writeString(path("c/empty"), "");
        Files.createSymbolicLink(path("c/link"), Path.of("again"));
        var layers = new ArrayList<Object>(List.of("merge", "--bootstrap", path("image.boot")));
        for (String name : List.of("a", "b", "c")) {
            layers.add(layer(name, 6));
        }
        succeed(layers.toArray());
    }

    private Path layer(String name, int version) throws Exception {
        Files.createDirectories(path("blobs"));
        succeed(
                "create",
                "--type",
                "dir-rafs",
                "--fs-version",
                version,
                "--compressor",
                "zstd",
                "--prefetch-policy",
                "none",
                "--bootstrap",
                path(name + ".boot"),
                "--blob-dir",
                path("blobs"),
                path(name));
        // A merge takes a layer's blob to be named like its bootstrap.
        var id = version == 6 ? blobs(path(name + ".boot")).getFirst().id() : name + ".v5";
        return Files.move(path(name + ".boot"), path(id));
    }

    private static List<BlobInfo> blobs(Path bootstrap) throws IOException {
        var bytes = MemorySegment.ofArray(Files.readAllBytes(bootstrap));
        return BootstrapReader.open(bytes, bootstrap.toString()).blobs();
    }

    private byte[] unpacked(String bootstrap) throws Exception {
        succeed(
                "unpack",
                "-B",
                path(bootstrap),
                "--blob-dir",
                path("blobs"),
                "--output",
                path("out.tar"));
        return Files.readAllBytes(path("out.tar"));
    }

    private Result compact(Object... more) throws Exception {
        var args = new ArrayList<Object>(List.of("compact", "-B", path("image.boot")));
        args.addAll(List.of("-D", path("blobs")));
        args.addAll(List.of(more));
        return run(args.toArray());
    }

    @Test
    void smallBlobsBecomeOneAndTheTreeStays() throws Exception {
        image();
        byte[] before = unpacked("image.boot");
        var old = blobs(path("image.boot"));
        assertThat(old).hasSize(3);
        var done = compact("-J", path("out.json"));
        assertThat(done.code).as(done.err).isZero();
        var made = blobs(path("image.bootstrap.compact"));
        assertThat(made).hasSize(1);
        var blob = path("blobs").resolve(made.getFirst().id());
        assertThat(blob).hasSize(made.getFirst().compressedSize());
        assertThat(JsonReader.read(path("out.json")).get("blobs").items().getFirst().text())
                .isEqualTo(made.getFirst().id());
        // What is hidden, and what two layers share, is stored no more.
        long stored = old.stream().mapToLong(BlobInfo::compressedSize).sum();
        assertThat(Files.size(blob)).isLessThan(stored - 1_500_000);
        for (var gone : old) {
            Files.delete(path("blobs").resolve(gone.id()));
        }
        assertThat(unpacked("image.bootstrap.compact")).isEqualTo(before);
        succeed("check", path("image.bootstrap.compact"));
        // The next run finds nothing to do and leaves nothing.
        var again =
                run(
                        "compact",
                        "-B",
                        path("image.bootstrap.compact"),
                        "-D",
                        path("blobs"),
                        "-O",
                        path("again"),
                        "-J",
                        path("again.json"));
        assertThat(again.code).as(again.err).isZero();
        assertThat(path("again")).doesNotExist();
        assertThat(path("again.json")).doesNotExist();
    }

    @Test
    void onlyBlobsOfLittleUseAreRebuiltWhereNoneIsSmall() throws Exception {
        image();
        byte[] before = unpacked("image.boot");
        var old = blobs(path("image.boot")).stream().map(BlobInfo::id).toList();
        var done = compact("--compact-blob-size", 0, "--min-used-ratio", 50, "-O", path("new"));
        assertThat(done.code).as(done.err).isZero();
        var made = blobs(path("new")).stream().map(BlobInfo::id).toList();
        assertThat(made).hasSize(3);
        assertThat(made.stream().filter(old::contains)).hasSize(2);
        assertThat(unpacked("new")).isEqualTo(before);
    }

    @Test
    void whatIsNotAskedForIsLeftAlone() throws Exception {
        image();
        assertThat(compact("--compact-blob-size", 0, "-O", path("new")).code).isZero();
        assertThat(compact("--layers-to-compact", 4, "-O", path("new")).code).isZero();
        assertThat(path("new")).doesNotExist();
        var backend = compact("--backend-type", "registry", "-O", path("new"));
        assertThat(backend.code).isEqualTo(1);
        assertThat(backend.err).contains("--backend-type is not supported yet; fetch the blobs");
        var old = run("compact", "-B", layer("b", 5), "-D", path("blobs"), "-O", path("new"));
        assertThat(old.code).isEqualTo(1);
        assertThat(old.err).contains("RAFS v5");
    }

    @Test
    void aDamagedChunkIsNotCopied() throws Exception {
        image();
        for (var blob : blobs(path("image.boot"))) {
            var file = path("blobs").resolve(blob.id());
            byte[] bytes = Files.readAllBytes(file);
            Arrays.fill(bytes, 0, Math.min(bytes.length, 1000), (byte) 7);
            Files.write(file, bytes);
        }
        var files = names(path("blobs"));
        assertThat(compact("-O", path("new")).code).isEqualTo(1);
        assertThat(path("new")).doesNotExist();
        assertThat(names(path("blobs"))).isEqualTo(files);
    }

    private static List<String> names(Path directory) throws IOException {
        try (var list = Files.list(directory)) {
            return list.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
