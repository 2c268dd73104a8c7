package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.ImageMerger;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.MergeOptions;
import dev.naiad.nydusdapi.MountRequest;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.testkit.NastyTars;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.ShortTempDir;
import dev.naiad.testkit.UmociReference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The corpus of nasty tars, served by nydusd, is what umoci makes of the same layers. */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NastyTarRootTest {
    @Test
    void everyNastyImageIsServedAsUmociUnpacksIt() throws IOException {
        Requires.mounts();
        Requires.fuse();
        Requires.commands("umoci");
        try (var temp = ShortTempDir.create()) {
            var mountpoint = Files.createDirectory(temp.resolve("mnt"));
            var images = NastyTars.all().toList();
            var differences = new TreeMap<String, List<String>>();
            try (var daemon =
                    RunningDaemon.start(
                            temp.resolve("api.sock"),
                            "fuse",
                            "--mountpoint",
                            mountpoint.toString())) {
                for (int i = 0; i < images.size(); i++) {
                    var image = images.get(i);
                    var directory = Files.createDirectory(temp.resolve("image" + i));
                    var reference = UmociReference.unpack(directory, image.reference());
                    for (var version : RafsVersion.values()) {
                        var built = build(image.layers(), version, directory);
                        var mount = "/" + i + version.name();
                        daemon.client()
                                .mount(
                                        mount,
                                        MountRequest.rafs(
                                                built.bootstrap().toString(),
                                                built.config(directory.resolve("cache"), false)));
                        var found = compare(image, reference, Path.of(mountpoint + mount));
                        if (!found.isEmpty()) {
                            differences.put(image + ", " + version, found);
                        }
                        daemon.client().unmount(mount);
                    }
                }
            }
            assertThat(differences).isEmpty();
        }
    }

    private static List<String> compare(NastyTars.Image image, Path reference, Path mounted) {
        // A time of zero is shown as the time of the mount, and the root's mode as 0755.
        Set<String> undated = new TreeSet<>(image.undated());
        undated.addAll(Set.of(".", "zero"));
        return TreeListing.differences(
                TreeListing.of(reference, undated), TreeListing.of(mounted, undated));
    }

    private static TestImage build(List<byte[]> tars, RafsVersion version, Path directory)
            throws IOException {
        var options = BuildOptions.forConversion();
        if (version == RafsVersion.V5) {
            options = options.withToc(false).withVersion(version);
        }
        var blobs = Files.createDirectories(directory.resolve("blobs-" + version));
        var layers = new ArrayList<LayerBootstrap>();
        for (byte[] tar : tars) {
            var file = blobs.resolve("new");
            try (var out =
                    FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                var layer =
                        LayerBuilder.fromTar(
                                "layer" + layers.size(),
                                Channels.newChannel(new ByteArrayInputStream(tar)),
                                options,
                                out);
                layers.add(
                        LayerBootstrap.of(
                                layer.digest().hex(), MemorySegment.ofArray(layer.bootstrap())));
            }
            Files.move(
                    file,
                    blobs.resolve(layers.getLast().blobId()),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        var bootstrap = directory.resolve(version + ".boot");
        Files.write(bootstrap, ImageMerger.merge(layers, MergeOptions.forConversion()).bootstrap());
        return new TestImage(bootstrap, blobs, layers.getFirst().blobId());
    }
}
