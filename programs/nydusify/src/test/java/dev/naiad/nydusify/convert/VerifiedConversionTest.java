package dev.naiad.nydusify.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.convert.conversion.Conversion;
import dev.naiad.convert.conversion.ConvertOptions;
import dev.naiad.convert.conversion.ConvertSpec;
import dev.naiad.convert.conversion.ConvertedLayer;
import dev.naiad.convert.conversion.Dictionaries;
import dev.naiad.convert.conversion.LayerWrapping;
import dev.naiad.convert.conversion.TarBuild;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.oci.auth.DockerConfig;
import dev.naiad.testkit.RealRegistry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A builder that makes a mistake, and what becomes of the tag. */
@Timeout(300)
class VerifiedConversionTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    /** Puts other bytes into a file. */
    private static final TarBuild MISTAKEN =
            (name, tar, options, known, blob) -> {
                try {
                    byte[] bytes = Channels.newInputStream(tar).readAllBytes();
                    byte[] wrong =
                            new String(bytes, StandardCharsets.ISO_8859_1)
                                    .replace("bell 1", "bell 2")
                                    .getBytes(StandardCharsets.ISO_8859_1);
                    return LayerBuilder.fromTar(
                            name,
                            Channels.newChannel(new ByteArrayInputStream(wrong)),
                            options,
                            blob);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            };

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
        var layers =
                List.of(
                        new SmallTar().file("etc/motd", "bell 1 rings\n").bytes(),
                        new SmallTar().file("etc/other", "silence").bytes());
        var _ = SampleImage.push(OPEN.getFirst(), "src/bell", "1", layers, false);
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private int convert(TarBuild builder, String target, String... more) throws Exception {
        var context =
                ProgramContext.forTest(
                        new PrintStream(new ByteArrayOutputStream()),
                        new PrintStream(new ByteArrayOutputStream()),
                        Map.of("DOCKER_CONFIG", dir.toString()));
        String at = OPEN.getFirst().authority();
        var args =
                new ArrayList<>(
                        List.of("--source", at + "/src/bell:1", "--target", at + "/" + target));
        args.addAll(List.of("--work-dir", dir.resolve("work").toString()));
        args.addAll(List.of(more));
        CommandSpec spec = ConvertSpec.spec();
        return spec.run(context, args, line -> new ConvertCommand(context, builder).run(line));
    }

    private static boolean exists(String path, String tag) {
        try (var repository = SampleImage.open(OPEN.getFirst(), path)) {
            var _ = repository.manifest(tag, Deadline.never());
            return true;
        } catch (NaiadException e) {
            return false;
        }
    }

    @Test
    void imageThatDiffersGetsNoTag() throws Exception {
        assertThatThrownBy(() -> convert(MISTAKEN, "out/bell:1"))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("verify layer sha256:")
                .hasMessageContaining("/etc/motd has other content in chunk 0");
        assertThat(exists("out/bell", "1")).isFalse();
    }

    /** Each layer is right, but what is merged is another one. */
    @Test
    void mergedImageThatDiffersGetsNoManifest() throws Exception {
        var context =
                ProgramContext.forTest(
                        new PrintStream(new ByteArrayOutputStream()),
                        new PrintStream(new ByteArrayOutputStream()),
                        Map.of("DOCKER_CONFIG", dir.toString()));
        byte[] other = new SmallTar().as(0600, 0, 0, 0).file("etc/motd", "bell 1 rings\n").bytes();
        var built =
                LayerBuilder.fromTar(
                        "other",
                        Channels.newChannel(new ByteArrayInputStream(other)),
                        BuildOptions.forConversion(),
                        Channels.newChannel(OutputStream.nullOutputStream()));
        LayerWrapping mistaken =
                (blobs, converter) -> {
                    var right = converter.apply(blobs);
                    return (layer, diffId) -> {
                        var converted = right.convert(layer, diffId);
                        return new ConvertedLayer(
                                converted.descriptor(),
                                LayerBootstrap.of(
                                        converted.bootstrap().blobId(),
                                        MemorySegment.ofArray(built.bootstrap())),
                                converted.blobMeta(),
                                converted.evidence());
                    };
                };
        String at = OPEN.getFirst().authority();
        var args =
                List.of(
                        "--source",
                        at + "/src/bell:1",
                        "--target",
                        at + "/out/merged:1",
                        "--work-dir",
                        dir.resolve("work").toString());
        CommandSpec spec = ConvertSpec.spec();
        assertThatThrownBy(
                        () ->
                                spec.run(
                                        context,
                                        args,
                                        line -> {
                                            var options = ConvertOptions.parse(line, context.in());
                                            convert(context, options, mistaken);
                                            return 0;
                                        }))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("verify image sha256:");
        assertThat(exists("out/merged", "1")).isFalse();
        Path repository =
                OPEN.getFirst().storage().resolve("docker/registry/v2/repositories/out/merged");
        assertThat(repository.resolve("_layers")).exists();
        assertThat(repository.resolve("_manifests")).doesNotExist();
    }

    private static void convert(
            ProgramContext context, ConvertOptions options, LayerWrapping wrapping)
            throws InterruptedException {
        var registries =
                new Registries(
                        context.env(),
                        context.clock(),
                        DockerConfig.fromEnvironment(context.env()),
                        false);
        try (var progress = new ConversionProgress(context.err(), false)) {
            var _ = new Conversion(registries, progress, wrapping, new Dictionaries()).run(options);
        }
    }

    @Test
    void nothingIsComparedIfNotWanted() throws Exception {
        assertThat(convert(MISTAKEN, "out/unchecked:1", "--no-verify")).isZero();
        assertThat(exists("out/unchecked", "1")).isTrue();
    }

    @Test
    void imageThatDoesNotDifferGetsItsTag() throws Exception {
        assertThat(convert(LayerBuilder::fromTar, "out/right:1")).isZero();
        assertThat(exists("out/right", "1")).isTrue();
    }
}
