package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.chunk.BlobKey;
import dev.naiad.linux.FileTree;
import dev.naiad.linux.Mount;
import dev.naiad.linux.RawPath;
import dev.naiad.rafs.Compressor;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Images whose chunks are stored in batches or encrypted, mounted by nydusd: every byte is right,
 * also after a kill, from a cache that the dead daemon left half full.
 */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StoredFormsRootTest {
    private Path directory = Path.of("/");
    private Path source = Path.of("/");
    private Path mountpoint = Path.of("/");

    @BeforeEach
    void makeDirectory() throws IOException {
        Requires.mounts();
        Requires.fuse();
        directory = Files.createTempDirectory(Path.of("/tmp"), "nd");
        source = directory.resolve("source");
        mountpoint = Files.createDirectory(directory.resolve("mnt"));
        SourceTree.make(source);
        Files.createDirectory(source.resolve("sizes"));
        for (int i = 0; i < 300; i++) {
            Files.write(source.resolve("sizes/" + i), SourceTree.random(i * i, i));
        }
        // The root of a directory build has no time of its own.
        Files.setLastModifiedTime(source, FileTime.from(Instant.EPOCH));
    }

    @AfterEach
    void removeDirectory() throws IOException {
        while (Mount.umountIfMounted(RawPath.of(mountpoint))) {
            // What killed daemons left.
        }
        FileTree.delete(directory);
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
}
