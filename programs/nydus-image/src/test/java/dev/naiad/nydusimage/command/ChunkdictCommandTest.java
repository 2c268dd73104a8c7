package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.blobs;
import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.FileType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A dictionary of what versions of images have in common, which builds then refer to. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChunkdictCommandTest {
    private static final int CHUNK = 0x1000;

    private final ImageTool tool = new ImageTool();

    @AfterEach
    void clean() {
        tool.close();
    }

    /** An image whose layers are directories, as a bootstrap in {@code registry:app:VERSION}. */
    private Path version(String format, String version, String... layers) throws Exception {
        var image = tool.merged(format, "app" + version, List.of(layers), "--chunk-size", "0x1000");
        var directory = Files.createDirectories(tool.path("registry:app:" + version));
        return Files.move(image, directory.resolve("nydus_bootstrap"));
    }

    private ImageTool.Result generate(List<Path> sources, Object... more) throws Exception {
        var args = new ArrayList<Object>(List.of("chunkdict", "generate"));
        args.addAll(List.of("-B", tool.path("dict"), "-J", tool.path("dict.json")));
        args.addAll(List.of(more));
        args.addAll(sources);
        return tool.run(args.toArray());
    }

    /** A base that stays and a layer that every version has anew. */
    private List<Path> versions(String format) throws Exception {
        tool.write("base/lib", noise(1, 20 * CHUNK));
        tool.write("base/short", noise(2, 100));
        var result = new ArrayList<Path>();
        for (int i = 1; i <= 4; i++) {
            tool.write("own" + i + "/app", noise(10 + i, 5 * CHUNK));
            tool.write("own" + i + "/tiny", "v" + i);
            result.add(version(format, "v1." + (8 + i), "base", "own" + i));
        }
        return result;
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void whatVersionsShareIsFoundAndBuildsReferToIt(String format) throws Exception {
        var sources = versions(format);
        var ids = new ArrayList<>(blobs(sources.get(0)).stream().map(BlobInfo::id).toList());
        ids.retainAll(blobs(sources.get(1)).stream().map(BlobInfo::id).toList());
        String base = ids.getFirst();
        generate(sources).succeeded();
        var dictionary = ImageTool.open(tool.path("dict"));
        assertThat(dictionary.blobs().stream().map(BlobInfo::id)).containsExactly(base);
        assertThat(dictionary.blobs().getFirst().has(BlobFeatures.IS_CHUNKDICT_GENERATED)).isTrue();
        assertThat(dictionary.root().mode()).isEqualTo(FileType.DIRECTORY.modeBits() | 0660);
        assertThat(dictionary.root().uid()).isEqualTo(1000);
        var file = ImageTool.at(dictionary.root(), "chunkdict");
        // The large file's chunks and the short one's.
        assertThat(file.chunkCount()).isEqualTo(21);
        assertThat(ImageTool.texts(tool.json("dict.json").get("blobs"))).containsExactly(base);
        assertThat(tool.json("dict.json").get("fs_version").text()).isEqualTo(format);
        assertThat(tool.run("check", tool.path("dict")).succeeded().out()).contains(base);

        tool.write("next/copy", noise(1, 20 * CHUNK));
        tool.write("next/small", noise(2, 100));
        tool.write("next/new", noise(99, CHUNK));
        var next =
                tool.create(
                        format,
                        "next",
                        "--chunk-size",
                        "0x1000",
                        "--chunk-dict",
                        "bootstrap=" + tool.path("dict"));
        var table = blobs(next);
        assertThat(table.stream().map(BlobInfo::id)).hasSize(2).endsWith(base);
        assertThat(Files.size(tool.path("blobs").resolve(table.getFirst().id())))
                .isLessThan(3L * CHUNK);
        byte[] withDictionary = tool.unpacked(next);
        assertThat(withDictionary)
                .isEqualTo(tool.unpacked(tool.create(format, "next", "--chunk-size", "0x1000")));
    }

    @Test
    void neitherTheOrderOfTheSourcesNorAnEarlierRunChangesAByte() throws Exception {
        var sources = new ArrayList<>(versions("6"));
        tool.write("web/page", noise(50, 3 * CHUNK));
        var web = tool.merged("6", "web1", List.of("web"), "--chunk-size", "0x1000");
        var directory = Files.createDirectories(tool.path("registry:web:1"));
        sources.add(Files.move(web, directory.resolve("nydus_bootstrap")));
        generate(sources).succeeded();
        assertThat(blobs(tool.path("dict"))).hasSize(2);
        byte[] first = Files.readAllBytes(tool.path("dict"));
        var shuffled = new ArrayList<>(sources);
        Collections.reverse(shuffled);
        generate(shuffled, "--database", "sqlite://" + tool.path("db")).succeeded();
        assertThat(Files.readAllBytes(tool.path("dict"))).isEqualTo(first);
        generate(sources, "--database", "sqlite://:memory:").succeeded();
        assertThat(Files.readAllBytes(tool.path("dict"))).isEqualTo(first);
        assertThat(tool.path("db")).doesNotExist();
    }

    @Test
    void blobsBelowAPageAreLeftOut() throws Exception {
        tool.write("text/t", "hello");
        var tiny = version("5", "1", "text");
        generate(List.of(tiny)).succeeded();
        assertThat(blobs(tool.path("dict"))).isEmpty();
        tool.run("check", tool.path("dict")).succeeded();
    }

    @Test
    void aSingleImageIsItsOwnDictionary() throws Exception {
        var sources = versions("6");
        var one = sources.getFirst();
        generate(List.of(one), "--verbose").succeeded();
        assertThat(blobs(tool.path("dict")).stream().map(BlobInfo::id))
                .isEqualTo(blobs(one).stream().map(BlobInfo::id).toList());
    }

    @Test
    void sourcesOfDifferentParametersAndOtherMistakesAreNamed() throws Exception {
        var sources = versions("6");
        tool.write("other/file", noise(5, CHUNK));
        var directory = Files.createDirectories(tool.path("registry:app:9"));
        var other = Files.move(tool.create("6", "other"), directory.resolve("boot"));
        generate(List.of(sources.getFirst(), other)).failed("chunk size is", "4096");
        var old = Files.move(tool.create("5", "other"), directory.resolve("old"));
        generate(List.of(sources.getFirst(), old)).failed("RAFS version");
        generate(sources, "--database", "mysql://host/db").failed("sqlite://");
        generate(sources, "--database", "sqlite://relative").failed("sqlite://");
        generate(List.of(tool.path("nowhere"))).failed("does not exist");
        generate(List.of()).misused("SOURCE");
        tool.run("chunkdict", "generate", sources.getFirst()).misused("--bootstrap");
        assertThat(tool.run("chunkdict").succeeded().out()).contains("generate");
        tool.run("create", "--blob-inline-meta", "-D", tool.path("in"), tool.path("other"))
                .succeeded();
        assertThat(tool.path("dict")).doesNotExist();
    }
}
