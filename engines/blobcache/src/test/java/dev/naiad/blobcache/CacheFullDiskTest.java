package dev.naiad.blobcache;

import static dev.naiad.blobcache.CacheFixture.chunk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cache directory on a file system of one mebibyte. */
@Tag("root")
class CacheFullDiskTest {
    private @Nullable Path mounted;
    private Path directory = Path.of("");

    @BeforeEach
    void mount() throws Exception {
        Requires.root();
        Requires.mounts();
        directory = Files.createTempDirectory(Path.of("/tmp"), "nd");
        run("mount", "-t", "tmpfs", "-o", "size=1m", "naiad-test", directory.toString());
        mounted = directory;
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted != null) {
            run("umount", "-l", directory.toString());
        }
        if (!directory.toString().isEmpty()) {
            Files.delete(directory);
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(
                        "%s: %s",
                        List.of(command),
                        new String(
                                process.getInputStream().readAllBytes(),
                                java.nio.charset.StandardCharsets.UTF_8))
                .isZero();
    }

    @Test
    void readsGoOnUncachedAndWhatIsCachedStaysRight() {
        var blob = TestBlob.plain(1, 64, 64 << 10);
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            var cached = fixture.open(blob, source);
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < blob.count(); i++) {
                    assertThat(fixture.read(chunk(cached, blob, i))).isEqualTo(blob.chunk(i));
                }
            }
            assertThat(fixture.mount.snapshot().uncachedChunks()).isPositive();
            assertThat(cached.readyChunks()).isBetween(1, 16);
        }
    }

    @Test
    void noRoomEvenForTheMapMeansNoCache() throws Exception {
        try {
            Files.write(directory.resolve("filler"), new byte[2 << 20]);
        } catch (IOException e) {
            // as it should be: what fitted stays
        }
        var blob = TestBlob.plain(1, 64, 64 << 10);
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            var cached = fixture.open(blob, new TestSource(blob));
            assertThat(fixture.read(chunk(cached, blob, 5))).isEqualTo(blob.chunk(5));
            assertThat(cached.readyChunks()).isZero();
        }
        assertThat(directory.toFile().list()).doesNotContain(blob.id + ".blob.data.chunk_map");
    }
}
