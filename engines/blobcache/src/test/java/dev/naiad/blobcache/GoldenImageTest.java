package dev.naiad.blobcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.Golden;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The image of the original builder (golden folder, README there) read through the cache. */
class GoldenImageTest {
    private static final String BLOB =
            "be7d77eeb719f70884758d1aa800ed0fb09d701aaec469964e9d54325f0d5fef";

    @TempDir Path directory;

    @Test
    void filesAndCacheFilesAreWhatTheReadmeSays() throws Exception {
        byte[] blob = Golden.bytes("nydus", "blobs", BLOB);
        Bootstrap bootstrap =
                BootstrapReader.open(
                        MemorySegment.ofArray(
                                Golden.bytes("nydus", "bootstrap", "rafs-v6-2.2.boot")),
                        "rafs-v6-2.2.boot");
        var source = new TestSource(blob);
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            var cached =
                    fixture.mount.open(bootstrap.blobs().getFirst(), bootstrap.chunks(0), source);
            assertThat(sha256Of(fixture, cached, bootstrap, "lib.rs"))
                    .isEqualTo("1810eba864521293bb0d6b55a3c82318d4d89f294ed761c456d9088a17de0c69");
            assertThat(sha256Of(fixture, cached, bootstrap, "sync_io.rs"))
                    .isEqualTo("e629ab260ff0dc02a24648a3e0dd8c13a5daf233d535c330e3201925f5eeff96");
        }
        assertThat(source.requests()).as("both chunks, nothing else").hasSize(1);
        assertThat(source.bytes()).isEqualTo(7802);
        byte[] data = Files.readAllBytes(directory.resolve(BLOB + ".blob.data"));
        assertThat(data).hasSize(36864);
        assertThat(hash(Arrays.copyOfRange(data, 0x5000, 0x5000 + 13400)))
                .isEqualTo("e629ab260ff0dc02a24648a3e0dd8c13a5daf233d535c330e3201925f5eeff96");
        byte[] map = Files.readAllBytes(directory.resolve(BLOB + ".blob.data.chunk_map"));
        assertThat(map).hasSize(4097).endsWith(0xc0);
    }

    @Test
    void theChunkTableOfTheBlobTakesTheLocalFormOfTheOriginal() throws Exception {
        byte[] blob = Golden.bytes("nydus", "blobs", BLOB);
        Bootstrap bootstrap =
                BootstrapReader.open(
                        MemorySegment.ofArray(
                                Golden.bytes("nydus", "bootstrap", "rafs-v6-2.2.boot")),
                        "rafs-v6-2.2.boot");
        var info = bootstrap.blobs().getFirst();
        try (var fixture = new CacheFixture(CacheConfig.in(directory))) {
            // A list that knows nothing: as if the bootstrap had no chunk table.
            var unlisted = TestBlob.plain(1, 2, 4096);
            unlisted.unlist(0);
            unlisted.unlist(1);
            var cached = fixture.mount.open(info, unlisted, new TestSource(blob));
            byte[] lib = fixture.read(new ChunkSlice(cached, 0, 0, 16931));
            assertThat(hash(lib))
                    .isEqualTo("1810eba864521293bb0d6b55a3c82318d4d89f294ed761c456d9088a17de0c69");
        }
        var expected = new byte[2 * 4096];
        System.arraycopy(blob, 8314, expected, 0, 32);
        System.arraycopy(blob, 8314 + 32, expected, 4096, 4096);
        assertThat(Files.readAllBytes(directory.resolve(BLOB + ".blob.meta"))).isEqualTo(expected);
    }

    private static String sha256Of(
            CacheFixture fixture, CachedBlob blob, Bootstrap bootstrap, String name) {
        Inode file =
                Objects.requireNonNull(
                        bootstrap.root().child(name.getBytes(StandardCharsets.UTF_8)), name);
        var slices = new ArrayList<ChunkSlice>();
        for (int k = 0; k < file.chunkCount(); k++) {
            var chunk = file.chunkRef(k);
            slices.add(new ChunkSlice(blob, chunk.chunkIndex(), 0, chunk.size()));
        }
        return hash(fixture.read(slices));
    }

    private static String hash(byte[] bytes) {
        return HexFormat.of().formatHex(TestBlob.sha256(bytes));
    }
}
