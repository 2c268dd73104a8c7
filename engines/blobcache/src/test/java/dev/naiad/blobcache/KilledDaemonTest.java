package dev.naiad.blobcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.blobcache.chunkmap.BootId;
import dev.naiad.blobcache.disk.CacheFile;
import java.io.File;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that fills a cache is killed; whatever its map then calls ready must be right. */
class KilledDaemonTest {
    private static final long SEED = 4711;
    private static final int CHUNKS = 3000;

    @TempDir Path directory;

    private static TestBlob blob() {
        return TestBlob.plain(SEED, CHUNKS, 2500);
    }

    @Test
    void noBitIsSetForBytesThatAreNotThere() throws Exception {
        var blob = blob();
        int seen = 0;
        for (int kill = 1; kill <= 3; kill++) {
            int ready = fillAndKill(kill);
            assertThat(ready).as("chunks ready after kill %d", kill).isGreaterThanOrEqualTo(seen);
            try (var file =
                    CacheFile.open(
                            directory,
                            blob.id,
                            false,
                            blob.plain.length,
                            CHUNKS,
                            BootId.current())) {
                for (int i = 0; i < CHUNKS; i++) {
                    if (file.chunks().isReady(i)) {
                        assertThat(
                                        file.view(
                                                        blob.uncompressedOffset(i),
                                                        blob.uncompressedSize(i))
                                                .toArray(ValueLayout.JAVA_BYTE))
                                .as("seed %d chunk %d after kill %d", SEED, i, kill)
                                .isEqualTo(blob.chunk(i));
                    }
                }
                seen = file.chunks().readyCount();
            }
        }
        assertThat(seen).isPositive();
        try (var files = Files.list(directory)) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .allMatch(name -> name.startsWith(blob.id));
        }
    }

    /** Returns how many chunks the child said were ready before it was killed. */
    private int fillAndKill(int kill) throws Exception {
        var child =
                new ProcessBuilder(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "-Xmx256m",
                                        "--enable-native-access=ALL-UNNAMED",
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        KilledDaemonTest.class.getName(),
                                        directory.toString(),
                                        Integer.toString(kill)))
                        .redirectError(ProcessBuilder.Redirect.to(new File("/dev/null")))
                        .start();
        int ready = 0;
        try (var lines = child.inputReader()) {
            // Each child gets a little further before it is killed in mid-stride.
            for (int i = 0; i < 3 * kill; i++) {
                String line = lines.readLine();
                assertThat(line).as("the child ended by itself").isNotNull();
                ready = Integer.parseInt(line);
            }
        } finally {
            child.destroyForcibly();
            assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        return ready;
    }

    /** The child: reads chunks at random for ever. */
    public static void main(String[] arguments) {
        var blob = blob();
        var random = new Random(Long.parseLong(arguments[1]));
        try (var fixture =
                new CacheFixture(CacheConfig.in(Path.of(arguments[0])).withBatchBytes(16 << 10))) {
            var cached = fixture.open(blob, new TestSource(blob));
            for (int i = 1; ; i++) {
                fixture.read(CacheFixture.chunk(cached, blob, random.nextInt(CHUNKS)));
                if (i % 20 == 0) {
                    System.out.println(cached.readyChunks());
                }
            }
        }
    }
}
