package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.blobs;
import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A compacted image is the same tree with the same content, over other blobs. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompactCommandTest {
    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    private Path path(String name) {
        return tool.path(name);
    }

    /** Three layers; the second hides half of the first, the third shares a chunk with it. */
    private Path image(String version, Object... more) throws Exception {
        byte[] noise = noise(7, 1_500_001);
        tool.write("a/sub/kept", Arrays.copyOf(noise, 50_000));
        tool.write("a/hidden", noise);
        tool.write("a/text", "text ".repeat(100_000));
        Files.createLink(path("a/linked"), path("a/text"));
        tool.write("b/hidden", "short now");
        tool.write("c/again", Arrays.copyOf(noise, 50_000));
        tool.write("c/empty", "");
        Files.createSymbolicLink(path("c/link"), Path.of("again"));
        return tool.merged(version, "image", List.of("a", "b", "c"), more);
    }

    private ImageTool.Result compact(Object... more) throws Exception {
        var args = new ArrayList<Object>(List.of("compact", "-B", path("image.boot")));
        args.addAll(List.of("-D", path("blobs")));
        args.addAll(List.of(more));
        return tool.run(args.toArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void smallBlobsBecomeOneAndTheTreeStays(String version) throws Exception {
        var image = image(version);
        byte[] before = tool.unpacked(image);
        var old = blobs(image);
        assertThat(old).hasSize(3);
        compact("-J", path("out.json")).succeeded();
        var result = path("image.bootstrap.compact");
        var made = blobs(result);
        assertThat(made).hasSize(1);
        var blob = path("blobs").resolve(made.getFirst().id());
        assertThat(blob).hasSize(made.getFirst().compressedSize());
        var json = tool.json("out.json");
        assertThat(ImageTool.texts(json.get("blobs"))).containsExactly(made.getFirst().id());
        assertThat(json.get("bootstrap").text()).isEqualTo(result.toString());
        assertThat(json.get("fs_version").text()).isEqualTo(version);
        // What is hidden, and what two layers share, is stored no more.
        long stored = old.stream().mapToLong(BlobInfo::compressedSize).sum();
        assertThat(Files.size(blob)).isLessThan(stored - 1_500_000);
        for (var gone : old) {
            Files.delete(path("blobs").resolve(gone.id()));
        }
        assertThat(tool.unpacked(result)).isEqualTo(before);
        tool.run("check", result).succeeded();
        // The next run finds nothing to do and leaves nothing.
        tool.run(
                        "compact",
                        "-B",
                        result,
                        "-D",
                        path("blobs"),
                        "-O",
                        path("again"),
                        "-J",
                        path("again.json"))
                .succeeded();
        assertThat(path("again")).doesNotExist();
        assertThat(path("again.json")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void onlyBlobsOfLittleUseAreRebuiltWhereNoneIsSmall(String version) throws Exception {
        var image = image(version);
        byte[] before = tool.unpacked(image);
        var old = blobs(image).stream().map(BlobInfo::id).toList();
        compact("--compact-blob-size", 0, "--min-used-ratio", 50, "-O", path("new")).succeeded();
        var made = blobs(path("new")).stream().map(BlobInfo::id).toList();
        assertThat(made).hasSize(3);
        assertThat(made.stream().filter(old::contains)).hasSize(2);
        assertThat(tool.unpacked(path("new"))).isEqualTo(before);
    }

    @Test
    void packedChunksOfV5StayPackedAndAlignedOnesAligned() throws Exception {
        var image = image("5", "--aligned-chunk");
        byte[] before = tool.unpacked(image);
        compact("-O", path("new")).succeeded();
        var made = blobs(path("new")).getFirst();
        assertThat(made.has(BlobFeatures.ALIGNED)).isTrue();
        assertThat(made.uncompressedSize() % 4096).isZero();
        assertThat(tool.unpacked(path("new"))).isEqualTo(before);
    }

    @Test
    void whatIsNotAskedForIsLeftAlone() throws Exception {
        image("6");
        compact("--compact-blob-size", 0, "-O", path("new")).succeeded();
        compact("--layers-to-compact", 4, "-O", path("new")).succeeded();
        assertThat(path("new")).doesNotExist();
        compact("--min-used-ratio", 100).misused("min-used-ratio");
        compact("--backend-type", "registry").misused("--backend-config");
    }

    @Test
    void blobsOfAChunkDictionaryStayAsTheyAre() throws Exception {
        var image = image("6");
        byte[] before = tool.unpacked(image);
        var old = blobs(image).stream().map(BlobInfo::id).toList();
        tool.create("6", "b");
        String dictionary = blobs(path("b.boot")).getFirst().id();
        compact("--chunk-dict", "bootstrap=" + path("b.boot"), "-O", path("new")).succeeded();
        var made = blobs(path("new")).stream().map(BlobInfo::id).toList();
        assertThat(made).hasSize(2).contains(dictionary);
        assertThat(made.stream().filter(old::contains)).containsExactly(dictionary);
        assertThat(tool.unpacked(path("new"))).isEqualTo(before);
        compact("--chunk-dict", "local=" + path("b.boot")).failed("invalid chunk dict type local");
    }

    @Test
    void blobsMayLieInABackend() throws Exception {
        var image = image("6");
        byte[] before = tool.unpacked(image);
        Files.move(path("blobs"), path("far"));
        var config = "{\"dir\":\"" + path("far") + "\"}";
        compact("--backend-type", "localfs", "--backend-config", config, "-O", path("new"))
                .succeeded();
        assertThat(tool.names("blobs")).containsExactly(blobs(path("new")).getFirst().id());
        assertThat(tool.unpacked(path("new"))).isEqualTo(before);
    }

    @Test
    void aDamagedChunkIsNotCopied() throws Exception {
        var image = image("6");
        for (var blob : blobs(image)) {
            var file = path("blobs").resolve(blob.id());
            byte[] bytes = Files.readAllBytes(file);
            Arrays.fill(bytes, 0, Math.min(bytes.length, 1000), (byte) 7);
            Files.write(file, bytes);
        }
        var files = tool.names("blobs");
        compact("-O", path("new")).failed("chunk");
        assertThat(path("new")).doesNotExist();
        assertThat(tool.names("blobs")).isEqualTo(files);
    }
}
