package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.testkit.SeededRandom;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The same source gives the same bytes, whatever the number of threads and the order in which the
 * system lists a directory.
 */
@Timeout(value = 600, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DeterminismTest {
    private static final int FILES = 120;
    private static final FileTime TIME = FileTime.fromMillis(1_700_000_000_000L);

    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    /** Files by number: some alike, some large, some empty; names say nothing about sizes. */
    private static byte[] content(int number) {
        if (number % 17 == 0) {
            return new byte[0];
        }
        if (number % 7 == 0) {
            return noise(number % 21, 40_000);
        }
        return ("file " + number + " ").repeat(number * 13).getBytes(StandardCharsets.UTF_8);
    }

    private static Path place(Path root, int number) {
        String name = Integer.toHexString(number * 0x9E3779B1);
        return root.resolve(number % 3 == 0 ? "d" + number % 5 : ".").resolve(name).normalize();
    }

    /** The tree, its files made in an order of the seed's, which decides how they are listed. */
    private Path tree(String name, long seed) throws IOException {
        var root = Files.createDirectories(tool.path(name));
        var numbers = new ArrayList<Integer>();
        for (int i = 1; i <= FILES; i++) {
            numbers.add(i);
        }
        Collections.shuffle(numbers, new Random(seed));
        for (int number : numbers) {
            var file = place(root, number);
            Files.createDirectories(file.getParent());
            Files.write(file, content(number));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            Files.setLastModifiedTime(file, TIME);
        }
        Files.createLink(root.resolve("zz-link"), place(root, 7));
        Files.createSymbolicLink(root.resolve("zz-sym"), Path.of("zz-link"));
        Files.setAttribute(
                root.resolve("zz-sym"), "lastModifiedTime", TIME, LinkOption.NOFOLLOW_LINKS);
        try (var all = Files.walk(root)) {
            for (var directory : all.filter(Files::isDirectory).toList()) {
                Files.setPosixFilePermissions(
                        directory, PosixFilePermissions.fromString("rwxr-xr-x"));
                Files.setLastModifiedTime(directory, TIME);
            }
        }
        return root;
    }

    private static String built(Path tree, BuildOptions options) {
        var blob = new ByteArrayOutputStream();
        BuiltLayer layer = LayerBuilder.fromDirectory(tree, options, Channels.newChannel(blob));
        assertThat(layer.size()).isEqualTo(blob.size());
        return layer.digest().hex() + " " + Digest.sha256Of(layer.bootstrap()).hex();
    }

    private static List<BuildOptions> variants(RafsVersion version) {
        var base =
                BuildOptions.defaults()
                        .withVersion(version)
                        .withChunkSize(0x4000)
                        .withPrefetch(PrefetchPolicy.FS, List.of("/d1", "/zz-link"));
        var result =
                new ArrayList<>(
                        List.of(
                                base.withCompressor(Compressor.ZSTD),
                                base.withCompressor(Compressor.NONE),
                                base.withCompressor(Compressor.LZ4_BLOCK)
                                        .withDigester(Digester.SHA256)
                                        .withInlineBootstrap(true)));
        if (version == RafsVersion.V6) {
            result.add(base.withInlineBootstrap(true).withToc(true));
            result.add(base.withBatchSize(0x4000));
        } else {
            result.add(base.withAligned(true));
        }
        return result;
    }

    @ParameterizedTest
    @EnumSource
    void threadsAndTheOrderOfADirectoryDoNotChangeAByte(RafsVersion version) throws Exception {
        var random = SeededRandom.create("the order of a directory");
        var trees = List.of(tree("one", random.nextLong()), tree("two", random.nextLong()));
        for (var options : variants(version)) {
            String expected = built(trees.getFirst(), options.withThreads(1));
            for (int threads : new int[] {1, 2, 3, 8}) {
                for (var tree : trees) {
                    assertThat(built(tree, options.withThreads(threads)))
                            .as("%s threads, %s, %s", threads, tree.getFileName(), options)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void everyCommandGivesTheSameBytesAgain() throws Exception {
        tree("one", 1);
        tool.write("upper/new", noise(77, 30_000));
        tool.write(
                "files.json",
                "{\"version\":\"v1\",\"files\":[{\"path\":\"/zz-link\",\"ranges\":null}]}");
        var results = new ArrayList<List<byte[]>>();
        for (int run = 0; run < 2; run++) {
            var files = new ArrayList<byte[]>();
            var image = tool.merged("6", "image", List.of("one", "upper"));
            files.add(Files.readAllBytes(image));
            tool.run("compact", "-B", image, "-D", tool.path("blobs"), "-O", tool.path("c"))
                    .succeeded();
            files.add(Files.readAllBytes(tool.path("c")));
            tool.run(
                            "optimize",
                            "-B",
                            image,
                            "-D",
                            tool.path("blobs"),
                            "-p",
                            tool.path("files.json"),
                            "--output-blob-dir",
                            tool.path("blobs"),
                            "-O",
                            tool.path("o"))
                    .succeeded();
            files.add(Files.readAllBytes(tool.path("o")));
            tool.run("chunkdict", "generate", image, "-B", tool.path("d")).succeeded();
            files.add(Files.readAllBytes(tool.path("d")));
            files.add(tool.unpacked(image));
            results.add(files);
        }
        for (int i = 0; i < results.getFirst().size(); i++) {
            assertThat(Arrays.equals(results.get(0).get(i), results.get(1).get(i)))
                    .as("result " + i)
                    .isTrue();
        }
        // Blobs go by their digests: another one would be another name.
        assertThat(tool.names("blobs")).hasSize(4);
    }
}
