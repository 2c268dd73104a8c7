package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.builder.BuildOptions;
import dev.naiad.nydusdapi.MountRequest;
import dev.naiad.nydusdapi.NydusdApiException;
import dev.naiad.rafs.RafsVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blobs that hold their own bootstrap, given to nydusd in place of a bootstrap. */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InlinedBootstrapRootTest {
    @RegisterExtension final MountDirectory place = new MountDirectory();

    private Path source = Path.of("/");
    private Path mountpoint = Path.of("/");

    @BeforeEach
    void makeSource() throws IOException {
        source = place.resolve("source");
        mountpoint = place.mountpoint();
        ConformanceTree.make(source);
        // The root of a directory build has no time of its own.
        Files.setLastModifiedTime(source, FileTime.from(Instant.EPOCH));
    }

    private TestImage image(RafsVersion version, boolean toc) throws IOException {
        var built =
                TestImage.build(
                        source,
                        place.path(),
                        BuildOptions.defaults()
                                .withVersion(version)
                                .withInlineBootstrap(true)
                                .withToc(toc));
        Files.delete(built.bootstrap());
        return built;
    }

    private RunningDaemon serve(String... arguments) {
        var all = new java.util.ArrayList<>(List.of("fuse", "--mountpoint", mountpoint.toString()));
        all.addAll(List.of(arguments));
        return RunningDaemon.start(place.resolve("api.sock"), all.toArray(String[]::new));
    }

    private List<String> differences(Path tree) {
        return TreeListing.differences(source, tree);
    }

    @ParameterizedTest(name = "{0}, table of contents {1}")
    @CsvSource({"V5, false", "V6, false", "V6, true"})
    void aBlobInALocalDirectoryIsMountedByItsFile(RafsVersion version, boolean toc)
            throws Exception {
        var image = image(version, toc);
        var blob = image.blob().toString();
        try (var _ = serve("--bootstrap", blob, "--localfs-dir", image.blobs().toString())) {
            assertThat(differences(mountpoint)).isEmpty();
        }
    }

    @ParameterizedTest(name = "{0}, table of contents {1}")
    @CsvSource({"V5, false", "V6, false", "V6, true"})
    void aBlobThatOnlyTheBackendHasIsMountedByItsName(RafsVersion version, boolean toc)
            throws Exception {
        var image = image(version, toc);
        var config = place.resolve("config.json");
        var cache = place.resolve("cache");
        Files.writeString(config, image.config(cache, true));
        var named = place.resolve(image.blobId()).toString();
        try (var _ = serve("--bootstrap", named, "--config", config.toString())) {
            assertThat(differences(mountpoint)).isEmpty();
        }
        assertThat(cache.resolve(image.blobId() + ".image.boot")).isRegularFile();
    }

    @Test
    void aSharedDaemonMountsItByItsApi() throws Exception {
        var image = image(RafsVersion.V6, true);
        var config = image.config(place.resolve("cache"), false);
        try (var daemon = serve()) {
            daemon.client().mount("/7", MountRequest.rafs(image.blob().toString(), config));
            assertThat(differences(mountpoint.resolve("7"))).isEmpty();
        }
    }

    @Test
    void aFileThatIsNeitherBootstrapNorNamedAsABlobIsRefusedAndSoIsABlobWithoutBootstrap()
            throws Exception {
        var image = TestImage.build(source, place.path(), BuildOptions.defaults());
        var config = image.config(place.resolve("cache"), false);
        var other = Files.write(place.resolve("other.boot"), new byte[10_000]);
        try (var daemon = serve()) {
            assertThatThrownBy(
                            () ->
                                    daemon.client()
                                            .mount(
                                                    "/7",
                                                    MountRequest.rafs(other.toString(), config)))
                    .isInstanceOf(NydusdApiException.class)
                    .hasMessageContaining("RAFS v5 or v6 bootstrap");
            assertThatThrownBy(
                            () ->
                                    daemon.client()
                                            .mount(
                                                    "/7",
                                                    MountRequest.rafs(
                                                            image.blob().toString(), config)))
                    .isInstanceOf(NydusdApiException.class)
                    .hasMessageContaining("holds no bootstrap");
        }
    }
}
