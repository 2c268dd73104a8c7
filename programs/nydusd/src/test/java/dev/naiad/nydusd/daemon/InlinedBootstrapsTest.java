package dev.naiad.nydusd.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.Backend;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.factory.Backends;
import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.nydusd.rafsfs.BootstrapMemory;
import dev.naiad.rafs.blob.SectionHeader;
import dev.naiad.rafs.blob.Toc;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InlinedBootstrapsTest {
    @TempDir Path directory = Path.of("/");

    private Path blobs = Path.of("/");
    private Path cache = Path.of("/");
    private Path blob = Path.of("/");
    private String id = "";
    private long inodes;

    @BeforeEach
    void build() throws IOException {
        var source = Files.createDirectory(directory.resolve("source"));
        Files.writeString(source.resolve("file"), "content");
        blobs = Files.createDirectory(directory.resolve("blobs"));
        cache = directory.resolve("cache");
        var made = blobs.resolve("new");
        try (var channel =
                FileChannel.open(made, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var built =
                    LayerBuilder.fromDirectory(
                            source,
                            BuildOptions.defaults().withInlineBootstrap(true).withToc(true),
                            channel);
            id = built.digest().hex();
        }
        blob = Files.move(made, blobs.resolve(id));
        try (var opened = open()) {
            inodes = opened.bootstrap().inodeCount();
        }
    }

    private Backend backend() {
        return Backends.of("test", Map.of(), InstantSource.system())
                .open(new BackendConfig.LocalFs("", blobs.toString(), List.of()));
    }

    private BootstrapMemory open() {
        return InlinedBootstraps.open(Path.of(id), id, backend(), Optional.of(cache));
    }

    private Path kept() {
        return cache.resolve(id + ".image.boot");
    }

    @Test
    void theBootstrapIsKeptForWhenTheBackendDoesNotAnswer() throws Exception {
        assertThat(kept()).isRegularFile();
        Files.delete(blob);
        try (var opened = open()) {
            assertThat(opened.bootstrap().inodeCount()).isEqualTo(inodes).isEqualTo(2);
        }
    }

    @Test
    void aKeptBootstrapIsReplacedByWhatTheBackendHas() throws Exception {
        byte[] good = Files.readAllBytes(kept());
        Files.write(kept(), new byte[4096]);
        try (var opened = open()) {
            assertThat(opened.bootstrap().inodeCount()).isEqualTo(inodes);
        }
        assertThat(kept()).hasBinaryContent(good);
    }

    @Test
    void aKeptFileThatIsNoBootstrapIsNotUsed() throws Exception {
        Files.write(kept(), new byte[4096]);
        Files.delete(blob);
        assertThatThrownBy(this::open)
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("nor is there one in the blob of that name");
    }

    @Test
    void aBlobWithADamagedBootstrapIsRefusedWhateverWasKept() throws Exception {
        byte[] bytes = Files.readAllBytes(blob);
        var toc = Toc.probe(ByteSource.of("blob", MemorySegment.ofArray(bytes))).orElseThrow();
        var stored = toc.find(SectionHeader.IMAGE_BOOT).orElseThrow();
        bytes[(int) (stored.offset() + stored.compressedSize() / 2)] ^= 0x55;
        Files.write(blob, bytes);
        assertThatThrownBy(this::open)
                .isInstanceOf(NaiadException.class)
                .cause()
                .hasMessageContaining("image.boot");
    }

    @Test
    void onlyNamesOfBlobsNameBlobs() {
        assertThat(InlinedBootstraps.blobId(Path.of("/a/" + id))).contains(id);
        assertThat(InlinedBootstraps.blobId(Path.of(id + ".boot"))).contains(id);
        assertThat(InlinedBootstraps.blobId(Path.of("image.boot"))).isEmpty();
        assertThat(InlinedBootstraps.blobId(Path.of("/a/." + id))).isEmpty();
        assertThat(InlinedBootstraps.blobId(Path.of("/"))).isEmpty();
    }
}
