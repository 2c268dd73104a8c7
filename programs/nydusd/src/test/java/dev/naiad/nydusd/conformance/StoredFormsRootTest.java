package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.chunk.BlobKey;
import dev.naiad.builder.external.Attributes;
import dev.naiad.builder.external.ExternalImage;
import dev.naiad.builder.tarfs.TarfsBuilder;
import dev.naiad.rafs.Compressor;
import dev.naiad.testkit.Commands;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Images whose chunks are stored in batches or encrypted, in archives or in blobs of others,
 * mounted by nydusd: every byte is right, also after a kill, from a cache that the dead daemon left
 * half full.
 */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoredFormsRootTest {
    @RegisterExtension final MountDirectory place = new MountDirectory();

    private Path directory = Path.of("/");
    private Path source = Path.of("/");
    private Path mountpoint = Path.of("/");

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = place.path();
        source = directory.resolve("source");
        mountpoint = place.mountpoint();
        ConformanceTree.make(source);
        Files.createDirectory(source.resolve("sizes"));
        for (int i = 0; i < 300; i++) {
            Files.write(source.resolve("sizes/" + i), ConformanceTree.random(i * i, i));
        }
        // The root of a directory build has no time of its own.
        Files.setLastModifiedTime(source, FileTime.from(Instant.EPOCH));
    }

    private List<String> differences() {
        return TreeListing.differences(source, mountpoint);
    }

    @ParameterizedTest(name = "batch {0}, encrypted {1}, {2}")
    @CsvSource({"0, true, ZSTD", "0x100000, false, ZSTD", "0x20000, true, LZ4_BLOCK"})
    void everyByteIsRightAndWhatWasFetchedSurvivesAKill(
            String batch, boolean encrypted, Compressor compressor) throws Exception {
        var image =
                TestImage.build(
                        source,
                        directory,
                        BuildOptions.defaults()
                                .withCompressor(compressor)
                                .withBatchSize(Integer.decode(batch))
                                .withKey(encrypted ? BlobKey.random(new Random(9)) : null));
        Files.writeString(
                directory.resolve("config.json"), image.config(directory.resolve("cache"), false));
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
        // Everything is in the cache now: the blob is not needed any more.
        Files.move(image.blob(), directory.resolve("away"));
        try (var nydusd = NydusdProcess.start(directory, List.of())) {
            assertThat(differences()).isEmpty();
            assertThat(NydusdProcess.client(directory).backendMetrics(Optional.empty()).readCount())
                    .isZero();
            assertThat(nydusd.terminate()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void archivesOfTarfsImagesAreReadFromTheBackendOrTheCacheDirectory(boolean inCache)
            throws Exception {
        var wanted = source.resolve("sizes");
        Path tar = directory.resolve("source.tar");
        Commands.run("tar", "-C", source.toString(), "-cf", tar.toString(), "sizes", "many")
                .orFail();
        String id;
        try (var in = FileChannel.open(tar)) {
            var built =
                    TarfsBuilder.build(
                            "source.tar", in, BuildOptions.defaults().withChunkSize(0x10000));
            id = built.blobs().getFirst().id();
            Files.write(directory.resolve("image.boot"), built.bootstrap());
        }
        var cache = Files.createDirectory(directory.resolve("cache"));
        var blobs = Files.createDirectory(directory.resolve("blobs"));
        Files.move(tar, (inCache ? cache : blobs).resolve(id));
        var image = new TestImage(directory.resolve("image.boot"), blobs, id);
        Files.writeString(directory.resolve("config.json"), image.config(cache, true));
        for (int round = 0; round < 2; round++) {
            try (var nydusd = NydusdProcess.start(directory, List.of())) {
                assertThat(
                                Commands.run("diff", "-r", wanted.toString(), mountpoint + "/sizes")
                                        .output())
                        .isEmpty();
                assertThat(
                                Commands.run("diff", "-r", source + "/many", mountpoint + "/many")
                                        .output())
                        .isEmpty();
                nydusd.kill();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void externalFilesAreReadFromTheExternalBackend(boolean inMain) throws Exception {
        byte[] blob = ConformanceTree.random(900_000, 5);
        String id = "e".repeat(64);
        var holder = Files.createDirectories(directory.resolve(inMain ? "blobs" : "elsewhere"));
        Files.createDirectories(directory.resolve("blobs"));
        Files.write(holder.resolve(id), blob);
        var small = Files.createDirectories(directory.resolve("small/model"));
        Files.writeString(small.resolve("weights"), "");
        var attributes =
                Attributes.parse(
                        "attributes",
                        "model/weights type=external blob_index=0 blob_id="
                                + id
                                + " chunk_size=64KiB chunk_0_compressed_offset=1536"
                                + " compressed_size=900000 file_size=800000");
        var built =
                ExternalImage.build(
                        directory.resolve("small"), BuildOptions.defaults(), attributes, false);
        Files.write(directory.resolve("image.boot"), built.bootstrap());
        var image = new TestImage(directory.resolve("image.boot"), directory.resolve("blobs"), id);
        String config = image.config(directory.resolve("cache"), false);
        if (!inMain) {
            config =
                    config.replace(
                            "\"device\":{",
                            "\"device\":{\"external_backends\":[{\"type\":\"localfs\",\"config\":{\"dir\":\""
                                    + holder
                                    + "\"}}],");
        }
        Files.writeString(directory.resolve("config.json"), config);
        try (var nydusd = NydusdProcess.start(directory, List.of())) {
            assertThat(Files.readAllBytes(mountpoint.resolve("model/weights")))
                    .isEqualTo(java.util.Arrays.copyOfRange(blob, 1536, 801_536));
            assertThat(nydusd.terminate()).isZero();
        }
    }
}
