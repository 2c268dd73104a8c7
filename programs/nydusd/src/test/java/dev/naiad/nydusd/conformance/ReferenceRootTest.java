package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.linux.DirectoryTree;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Images whose data stay in the original OCI layer, mounted by nydusd: every byte is right, also
 * after a kill, and what is broken is EIO.
 */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReferenceRootTest {
    @RegisterExtension final MountDirectory place = new MountDirectory();

    private Path directory = Path.of("/");
    private Path source = Path.of("/");
    private Path mountpoint = Path.of("/");
    private Path blobs = Path.of("/");

    @BeforeEach
    void makeSource() throws IOException {
        Requires.commands("tar", "gzip", "sh");
        directory = place.path();
        source = directory.resolve("source");
        mountpoint = place.mountpoint();
        blobs = Files.createDirectory(directory.resolve("blobs"));
        ConformanceTree.make(source);
        Files.delete(source.resolve("socket")); // archives cannot hold any
        Files.createDirectory(source.resolve("sizes"));
        for (int i = 0; i < 200; i++) {
            Files.write(source.resolve("sizes/" + i), ConformanceTree.random(i * i, i));
        }
    }

    /** Packs the source as a layer of one or several gzip members, or of none. */
    private Path layer(int members) {
        Path tar = directory.resolve("layer.tar");
        Commands.run(
                        "tar",
                        "-C",
                        source.toString(),
                        "--format=pax",
                        "--xattrs",
                        "--xattrs-include=*",
                        "-cf",
                        tar.toString(),
                        ".")
                .orFail();
        if (members == 0) {
            return tar;
        }
        Path layer = directory.resolve("layer");
        Commands.run(
                        "sh",
                        "-c",
                        "split -b "
                                + "$(($(stat -c %s \"$1\") / $3 + 1)) --filter=gzip \"$1\" > \"$2\"",
                        "sh",
                        tar.toString(),
                        layer.toString(),
                        Integer.toString(members))
                .orFail();
        return layer;
    }

    private BuiltLayer build(Path layer) throws IOException {
        return build(layer, BuildOptions.defaults());
    }

    private BuiltLayer build(Path layer, BuildOptions options) throws IOException {
        Path meta = directory.resolve("meta");
        BuiltLayer built;
        try (var in = FileChannel.open(layer, StandardOpenOption.READ);
                var out =
                        FileChannel.open(
                                meta, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            built =
                    LayerBuilder.fromReference(
                            "layer", in, options.forReference(), KnownImages.NONE, out);
        }
        Files.write(directory.resolve("image.boot"), built.bootstrap());
        Files.move(meta, blobs.resolve(built.digest().hex()));
        Files.move(layer, blobs.resolve(built.blobs().getFirst().id()));
        return built;
    }

    private void configure(BuiltLayer built, boolean prefetch) throws IOException {
        var image = new TestImage(directory.resolve("image.boot"), blobs, built.digest().hex());
        Files.writeString(
                directory.resolve("config.json"),
                image.config(directory.resolve("cache"), prefetch));
    }

    private List<String> differences() {
        return TreeListing.differences(source, mountpoint);
    }

    @ParameterizedTest(name = "{0} gzip members, prefetch {1}")
    @CsvSource({"5, true", "0, false"})
    void everyByteIsRightAndWhatWasFetchedSurvivesAKill(int members, boolean prefetch)
            throws Exception {
        var built = build(layer(members));
        configure(built, prefetch);
        try (var nydusd = NydusdProcess.start(directory, List.of())) {
            assertThat(
                            Commands.run("diff", "-r", source + "/sizes", mountpoint + "/sizes")
                                    .output())
                    .isEmpty();
            nydusd.kill();
        }
        try (var nydusd = NydusdProcess.start(directory, List.of())) {
            assertThat(differences()).isEmpty();
            nydusd.kill();
        }
        // Everything is in the cache now: neither the layer nor what describes it is needed.
        Files.move(blobs, directory.resolve("away"));
        Files.createDirectory(blobs);
        configure(built, false);
        try (var nydusd = NydusdProcess.start(directory, List.of())) {
            assertThat(differences()).isEmpty();
            assertThat(NydusdProcess.client(directory).backendMetrics(Optional.empty()).readCount())
                    .isZero();
            assertThat(nydusd.terminate()).isZero();
        }
    }

    @Test
    void aChunkTableFromTheImageSparesTheBlobThatHasIt() throws Exception {
        var built = build(layer(2));
        configure(built, false);
        Files.delete(blobs.resolve(built.digest().hex()));
        // As the snapshotter puts it there.
        Path cache = Files.createDirectory(directory.resolve("cache"));
        Files.write(cache.resolve(built.digest().hex() + ".blob.meta"), built.blobMeta());
        try (var nydusd = NydusdProcess.start(directory, List.of())) {
            assertThat(differences()).isEmpty();
            assertThat(nydusd.terminate()).isZero();
        }
    }

    @Test
    void theBlobThatHoldsChunkTableAndBootstrapIsFoundByTheNameOfTheFile() throws Exception {
        var options = BuildOptions.defaults().withInlineBootstrap(true).withToc(true);
        var built = build(layer(2), options);
        configure(built, false);
        var blob = blobs.resolve(built.digest().hex());
        Files.delete(directory.resolve("image.boot"));
        try (var _ =
                RunningDaemon.start(
                        directory.resolve("api.sock"),
                        "fuse",
                        "--config",
                        directory.resolve("config.json").toString(),
                        "--bootstrap",
                        blob.toString(),
                        "--mountpoint",
                        mountpoint.toString())) {
            assertThat(differences()).isEmpty();
        }
    }

    @Test
    void brokenLayersAndTablesAreErrorsAndNothingElse() throws Exception {
        var built = build(layer(1));
        configure(built, false);
        Path layer = blobs.resolve(built.blobs().getFirst().id());
        byte[] good = Files.readAllBytes(layer);
        var random = new Random(7);
        try (var nydusd = NydusdProcess.start(directory, List.of())) {
            byte[] bad = good.clone();
            for (int i = 0; i < bad.length; i += 1000) {
                bad[i] ^= (byte) (1 + random.nextInt(255));
            }
            Files.write(layer, bad);
            assertThatThrownBy(() -> Files.readAllBytes(mountpoint.resolve("size-3500000")))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> Files.readAllBytes(mountpoint.resolve("text")))
                    .isInstanceOf(IOException.class);
            // A failure is not remembered.
            Files.write(layer, good);
            assertThat(differences()).isEmpty();
            assertThat(nydusd.terminate()).isZero();
        }
        DirectoryTree.delete(directory.resolve("cache"));
        Path meta = blobs.resolve(built.digest().hex());
        byte[] table = Files.readAllBytes(meta);
        for (int at : new int[] {table.length / 3, table.length - 4096 + 40}) {
            byte[] bad = table.clone();
            for (int i = at; i < Math.min(at + 12, table.length); i++) {
                bad[i] ^= (byte) 0x5a;
            }
            Files.write(meta, bad);
            try (var nydusd = NydusdProcess.start(directory, List.of())) {
                assertThat(Files.isDirectory(mountpoint.resolve("many"))).isTrue();
                try {
                    assertThat(Files.readAllBytes(mountpoint.resolve("text")))
                            .isEqualTo(Files.readAllBytes(source.resolve("text")));
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("Input/output error");
                }
                assertThat(nydusd.isAlive()).isTrue();
                assertThat(nydusd.terminate()).isZero();
            }
            DirectoryTree.delete(directory.resolve("cache"));
        }
        assertThat(Digest.sha256Of(table)).isEqualTo(built.digest());
    }
}
