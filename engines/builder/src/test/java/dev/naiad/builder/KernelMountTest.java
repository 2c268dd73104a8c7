package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.tarfs.TarfsBuilder;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Golden;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.ShortTempDir;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The kernel's EROFS driver and fsck.erofs are the judges of what we write: the mounted tree equals
 * the source.
 */
@Tag("root")
class KernelMountTest {
    @Test
    void aDirectoryBuiltAsV6MountsAndEqualsItsSource() throws IOException {
        Requires.root();
        Requires.mounts();
        Requires.commands("fsck.erofs", "mount", "umount");
        Requires.fileSystem("erofs");
        try (var temp = ShortTempDir.create()) {
            var source = temp.resolve("source");
            TrickyTree.create(source);
            var blob = temp.resolve("blob");
            BuiltLayer layer;
            try (var out =
                    FileChannel.open(blob, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                layer =
                        LayerBuilder.fromDirectory(
                                source, BuildOptions.defaults().withToc(true), out);
            }
            ErofsMount.compare(
                    temp.path(), layer.bootstrap(), Map.of(layer.digest().hex(), blob), source);
        }
    }

    @Test
    void mergedLayersMountAndEqualTheTreeThatUnpackingLeaves() throws IOException {
        Requires.root();
        Requires.mounts();
        Requires.commands("fsck.erofs", "mount", "umount", "tar");
        Requires.fileSystem("erofs");
        try (var temp = ShortTempDir.create()) {
            var source = temp.resolve("source");
            TrickyTree.create(source);
            Map<String, Path> blobs = new TreeMap<>();
            var layers = new ArrayList<LayerBootstrap>();
            layers.add(layer(temp.path(), "lower", source, blobs));
            // The upper layer adds, replaces and removes; the same is done to the source by hand.
            var upper = Files.createDirectories(temp.resolve("upper/dir/new"));
            Files.writeString(upper.resolve("added"), "added");
            Files.writeString(temp.resolve("upper/dir/.wh.small-3"), "");
            Files.createDirectories(temp.resolve("upper/opaque"));
            Files.writeString(temp.resolve("upper/opaque/.wh..wh..opq"), "");
            Files.writeString(temp.resolve("upper/opaque/only"), "only");
            Files.writeString(temp.resolve("upper/replaced"), "a file now");
            layers.add(layer(temp.path(), "upper", temp.resolve("upper"), blobs));
            Files.createDirectories(source.resolve("dir/new"));
            Files.delete(source.resolve("dir/small-3"));
            ShortTempDir.deleteTree(source.resolve("opaque"));
            ShortTempDir.deleteTree(source.resolve("replaced"));
            Commands.run("cp", "-a", temp.resolve("upper").toString() + "/.", source.toString())
                    .orFail();
            Files.delete(source.resolve("dir/.wh.small-3"));
            Files.delete(source.resolve("opaque/.wh..wh..opq"));
            // The copy above touched times of directories: take them from the upper layer again.
            for (String path : List.of("dir/new", "dir", "opaque", "")) {
                Files.setLastModifiedTime(
                        source.resolve(path),
                        Files.getLastModifiedTime(temp.resolve("upper").resolve(path)));
            }
            var merged = ImageMerger.merge(layers, MergeOptions.forConversion());
            assertThat(merged.blobIds()).containsExactlyInAnyOrderElementsOf(blobs.keySet());
            ErofsMount.compare(temp.path(), merged.bootstrap(), blobs, source);
            // The same as older kernels do it: a device for each blob.
            Files.delete(temp.resolve("erofs"));
            try (var mounted = ErofsMount.overLoops(temp.path(), merged.bootstrap(), blobs)) {
                TrickyTree.assertEqual(source, mounted.path());
            }
        }
    }

    @Test
    void tarfsLayersMountOverTheirArchives() throws IOException {
        ErofsMount.requirements();
        Requires.root();
        try (var temp = ShortTempDir.create()) {
            var source = temp.resolve("source");
            TrickyTree.create(source);
            var upper = Files.createDirectories(temp.resolve("upper/new"));
            Files.writeString(upper.resolve("added"), "added ".repeat(100_000));
            var layers = new ArrayList<LayerBootstrap>();
            Map<String, Path> tars = new TreeMap<>();
            for (Path directory : List.of(source, temp.resolve("upper"))) {
                var tar = temp.resolve(directory.getFileName() + ".tar");
                archive(directory, tar);
                try (var in = FileChannel.open(tar)) {
                    var layer = TarfsBuilder.build(tar.toString(), in, BuildOptions.defaults());
                    layers.add(
                            LayerBootstrap.of(
                                    tar.toString(), MemorySegment.ofArray(layer.bootstrap())));
                    tars.put(layer.blobs().getFirst().id(), tar);
                }
            }
            Commands.run("cp", "-a", temp.resolve("upper") + "/.", source.toString()).orFail();
            for (String path : List.of("new", "")) {
                Files.setLastModifiedTime(
                        source.resolve(path),
                        Files.getLastModifiedTime(temp.resolve("upper").resolve(path)));
            }
            var merged = ImageMerger.merge(layers, MergeOptions.defaults());
            ErofsMount.compare(temp.path(), merged.bootstrap(), tars, source);
            Files.delete(temp.resolve("erofs"));
            try (var mounted = ErofsMount.overLoops(temp.path(), merged.bootstrap(), tars)) {
                TrickyTree.assertEqual(source, mounted.path());
            }
        }
    }

    @Test
    void theOriginalsBootstrapMountsOverItsDecodedBlob() throws IOException {
        ErofsMount.requirements();
        String id = "be7d77eeb719f70884758d1aa800ed0fb09d701aaec469964e9d54325f0d5fef";
        byte[] bootstrap = Golden.bytes("nydus", "bootstrap", "rafs-v6-2.2.boot");
        try (var temp = ShortTempDir.create();
                var mounted =
                        ErofsMount.of(
                                temp.path(),
                                bootstrap,
                                Map.of(id, Golden.path("nydus", "blobs", id)))) {
            assertThat(Digest.sha256Of(Files.readAllBytes(mounted.path().resolve("lib.rs"))).hex())
                    .isEqualTo("1810eba864521293bb0d6b55a3c82318d4d89f294ed761c456d9088a17de0c69");
            assertThat(
                            Digest.sha256Of(
                                            Files.readAllBytes(
                                                    mounted.path().resolve("sync_io.rs")))
                                    .hex())
                    .isEqualTo("e629ab260ff0dc02a24648a3e0dd8c13a5daf233d535c330e3201925f5eeff96");
        }
    }

    private static LayerBootstrap layer(
            Path temp, String name, Path directory, Map<String, Path> blobs) throws IOException {
        var tar = temp.resolve(name + ".tar");
        archive(directory, tar);
        var blob = temp.resolve(name + ".blob");
        try (var in = FileChannel.open(tar);
                var out =
                        FileChannel.open(
                                blob, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            var layer = LayerBuilder.fromTar(tar.toString(), in, BuildOptions.forConversion(), out);
            blobs.put(layer.digest().hex(), blob);
            byte[] inlined =
                    BlobReader.inlinedBootstrap(
                            ByteSource.of(name, MemorySegment.ofArray(Files.readAllBytes(blob))));
            assertThat(inlined).isEqualTo(layer.bootstrap());
            return LayerBootstrap.of(layer.digest().hex(), MemorySegment.ofArray(inlined));
        }
    }

    private static void archive(Path directory, Path tar) {
        Commands.run(
                        "tar",
                        "--format=pax",
                        "--xattrs",
                        "--xattrs-include=*",
                        "--numeric-owner",
                        "-C",
                        directory.toString(),
                        "-cf",
                        tar.toString(),
                        ".")
                .orFail();
    }
}
