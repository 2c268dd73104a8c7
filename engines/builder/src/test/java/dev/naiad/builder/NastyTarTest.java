package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.NastyTars;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.ShortTempDir;
import dev.naiad.testkit.UmociReference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a layer's archive holds, the image holds what umoci makes of the same layers: unpacked
 * again from v5 and v6, and as the kernel mounts it.
 */
@Tag("root")
class NastyTarTest {
    static Stream<NastyTars.Image> images() {
        return NastyTars.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("images")
    void theImageIsWhatUmociUnpacks(NastyTars.Image nasty) throws IOException {
        ErofsMount.requirements();
        Requires.commands("umoci", "tar");
        try (var temp = ShortTempDir.create()) {
            var reference = UmociReference.unpack(temp.path(), nasty.reference());
            var expected = TrickyTree.describe(reference, nasty.undated());
            for (var version : RafsVersion.values()) {
                var blobs = new HashMap<String, Path>();
                var directory = Files.createDirectory(temp.resolve(version.name()));
                byte[] bootstrap = build(nasty.layers(), version, directory, blobs);
                var unpacked = extract(directory, bootstrap, blobs);
                TrickyTree.assertEqual(expected, TrickyTree.describe(unpacked, nasty.undated()));
                if (version == RafsVersion.V6) {
                    try (var mounted = ErofsMount.of(directory, bootstrap, blobs)) {
                        TrickyTree.assertEqual(
                                expected, TrickyTree.describe(mounted.path(), nasty.undated()));
                    }
                }
            }
        }
    }

    @Test
    @Tag("slow")
    void aHundredThousandEntriesInOneDirectoryAreWhatUmociUnpacks() throws IOException {
        ErofsMount.requirements();
        Requires.commands("umoci", "tar");
        try (var temp = ShortTempDir.create()) {
            var nasty = NastyTars.hugeDirectory(100_000);
            var expected =
                    TrickyTree.describe(
                            UmociReference.unpack(temp.path(), nasty.reference()), Set.of());
            var blobs = new HashMap<String, Path>();
            var directory = Files.createDirectory(temp.resolve("v6"));
            byte[] bootstrap = build(nasty.layers(), RafsVersion.V6, directory, blobs);
            try (var mounted = ErofsMount.of(directory, bootstrap, blobs)) {
                TrickyTree.assertEqual(expected, TrickyTree.describe(mounted.path(), Set.of()));
            }
            // v5 has the same tree, and so has the image of the archive it unpacks to.
            var tree = TreeText.of(open(bootstrap));
            var old = Files.createDirectory(temp.resolve("v5"));
            byte[] oldBootstrap = build(nasty.layers(), RafsVersion.V5, old, blobs);
            assertThat(TreeText.of(open(oldBootstrap))).isEqualTo(tree);
            byte[] archive = Files.readAllBytes(unpack(old, oldBootstrap, blobs));
            var again = Files.createDirectory(temp.resolve("again"));
            var rebuilt = TreeText.of(open(build(List.of(archive), RafsVersion.V6, again, blobs)));
            rebuilt.put("", Objects.requireNonNull(tree.get(""))); // the root has no entry
            assertThat(rebuilt).isEqualTo(tree);
        }
    }

    private static BuildOptions options(RafsVersion version) {
        var options = BuildOptions.forConversion();
        return version == RafsVersion.V5 ? options.withToc(false).withVersion(version) : options;
    }

    private static byte[] build(
            List<byte[]> tars, RafsVersion version, Path directory, Map<String, Path> blobs)
            throws IOException {
        var layers = new ArrayList<LayerBootstrap>();
        for (byte[] tar : tars) {
            var file = directory.resolve("layer" + layers.size());
            try (var out =
                    FileChannel.open(
                            file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                var layer =
                        LayerBuilder.fromTar(
                                "layer" + layers.size(),
                                Channels.newChannel(new ByteArrayInputStream(tar)),
                                options(version),
                                out);
                blobs.put(layer.digest().hex(), file);
                layers.add(
                        LayerBootstrap.of(
                                layer.digest().hex(), MemorySegment.ofArray(layer.bootstrap())));
            }
        }
        return ImageMerger.merge(layers, MergeOptions.forConversion()).bootstrap();
    }

    private static Bootstrap open(byte[] bootstrap) {
        return BootstrapReader.open(MemorySegment.ofArray(bootstrap), "nasty.boot");
    }

    private static Path unpack(Path directory, byte[] bootstrap, Map<String, Path> blobs)
            throws IOException {
        var archive = directory.resolve("unpacked.tar");
        try (OutputStream out = Files.newOutputStream(archive)) {
            ImageUnpacker.unpack(
                    open(bootstrap),
                    blob -> source(Objects.requireNonNull(blobs.get(blob.id()))),
                    out,
                    "unpacked.tar");
        }
        return archive;
    }

    /** The image as a directory, by way of the archive that unpacking makes. */
    private static Path extract(Path directory, byte[] bootstrap, Map<String, Path> blobs)
            throws IOException {
        var archive = unpack(directory, bootstrap, blobs);
        var target = Files.createDirectory(directory.resolve("unpacked"));
        Commands.run(
                        "tar",
                        "--extract",
                        "--same-permissions",
                        "--same-owner",
                        "--numeric-owner",
                        "--delay-directory-restore",
                        "--xattrs",
                        "--xattrs-include=*",
                        "--directory=" + target,
                        "--file=" + archive)
                .orFail();
        return target;
    }

    private static ByteSource source(Path file) {
        try {
            return ByteSource.of(file.toString(), MemorySegment.ofArray(Files.readAllBytes(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
