package dev.naiad.acceleration.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.acceleration.config.AcceldConfig;
import dev.naiad.acceleration.layer.LimitedLayers;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.convert.conversion.ConvertedLayer;
import dev.naiad.convert.conversion.LayerWrapping;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.remote.Registries;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.layers.LayerSource;
import dev.naiad.layers.NydusLayer;
import dev.naiad.layers.Pack;
import dev.naiad.oci.auth.Credentials;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class NydusConversionTest {
    private static final byte[] LOWER = new TestTar().file("lower", "l").end();
    private static final byte[] UPPER = new TestTar().file("upper", "u").end();

    @TempDir Path directory = Path.of("/");

    private AcceldConfig config(String driver) {
        var problems = new Problems();
        var config =
                AcceldConfig.parse(
                        YamlReader.parse(
                                "test",
                                """
                                server: {port: 1}
                                provider: {work_dir: "%s", gcpolicy: {threshold: 1GB}}
                                converter:
                                  worker: 1
                                  driver: {type: nydus, config: {%s}}
                                  rules: [{tag_suffix: -nydus}]
                                """
                                        .formatted(directory, driver)),
                        problems);
        problems.throwIfAny();
        return config;
    }

    private NydusConversion conversion(AcceldConfig config, LayerWrapping kept) {
        var registries =
                new Registries(
                        Map.of("DOCKER_CONFIG", directory.toString()),
                        InstantSource.system(),
                        Credentials.NONE,
                        false);
        return new NydusConversion(config, registries, kept, LayerWrapping.NONE);
    }

    private static SourceImage.PlatformImage image(RealRegistry registry, String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry, "app"))) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never())
                    .images()
                    .getFirst();
        }
    }

    /** A cache that holds the lower layer as another configuration made it. */
    private static LayerWrapping stale(AtomicInteger used) {
        return (blobs, converter) -> {
            var conversion = converter.apply(blobs);
            return (layer, diffId) -> {
                if (!diffId.equals(Digest.sha256Of(LOWER))) {
                    return conversion.convert(layer, diffId);
                }
                used.incrementAndGet();
                var blob = new ByteArrayOutputStream();
                NydusLayer old =
                        Pack.layer(
                                LayerSource.of("old", new ByteArrayInputStream(LOWER)),
                                BuildOptions.forConversion().withChunkSize(0x1000),
                                KnownImages.NONE,
                                Channels.newChannel(blob));
                blobs.putBlob(old.digest(), blob.toByteArray(), Deadline.never());
                return new ConvertedLayer(
                        old.descriptor(),
                        LayerBootstrap.of(
                                old.blobId(), MemorySegment.ofArray(old.bootstrap()), old.size()),
                        old.blobMeta(),
                        Optional.empty());
            };
        };
    }

    @Test
    void whatACacheSpoiltIsConvertedAgainWithoutItAndThatCounts() throws Exception {
        try (var registry = RealRegistry.start()) {
            SampleImage.push(registry, "app", "1", List.of(LOWER, UPPER), false);
            var used = new AtomicInteger();
            var conversion = conversion(config(""), stale(used));
            var source = ImageReference.parse(registry.authority() + "/app:1");

            var outcome = conversion.convert(source);

            assertThat(used).hasValue(1);
            assertThat(outcome.targetSize()).isPositive();
            assertThat(image(registry, "1-nydus").manifest().isNydus()).isTrue();
        }
    }

    @Test
    void anotherFormatVersionOrSourceIsConvertedAgain() throws Exception {
        try (var registry = RealRegistry.start()) {
            SampleImage.push(registry, "app", "1", List.of(LOWER), false);
            var conversion = conversion(config(""), LayerWrapping.NONE);
            var source = ImageReference.parse(registry.authority() + "/app:1");
            assertThat(conversion.convert(source).note()).isEmpty();
            assertThat(conversion.convert(source).note()).isEqualTo("already converted");

            SampleImage.push(registry, "app", "1", List.of(LOWER, UPPER), false);

            assertThat(conversion.convert(source).note()).isEmpty();
            assertThat(image(registry, "1-nydus").manifest().layers()).hasSize(3);
        }
    }

    @Test
    void theDriversKeysAreFlagsOfTheConversion() {
        var config = config("backend_type: oss, backend_config: '{}'");
        var flags =
                ConversionFlags.flags(
                        config,
                        ImageReference.parse("host.io/a:1"),
                        ImageReference.parse("host.io/a:1-nydus"),
                        Optional.of(ImageReference.parse("host.io/a:cache")));

        assertThat(flags)
                .contains(
                        "--source=host.io/a:1",
                        "--target=host.io/a:1-nydus",
                        "--fs-version=6",
                        "--compressor=zstd",
                        "--fs-chunk-size=0x100000",
                        "--backend-type=oss",
                        "--backend-config={}",
                        "--build-cache=host.io/a:cache",
                        "--build-cache-max-records=200",
                        "--all-platforms")
                .doesNotContain("--oci", "--oci-ref", "--source-insecure");
    }

    @Test
    void aMissingImageIsNamed() throws Exception {
        try (var registry = RealRegistry.start()) {
            var conversion = conversion(config(""), LayerWrapping.NONE);
            var source = ImageReference.parse(registry.authority() + "/app:none");

            assertThatThrownBy(() -> conversion.convert(source))
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining("app");
        }
    }

    @Test
    void noMoreLayersOfAllImagesThanTheLimitAreConvertedAtATime() throws Exception {
        var running = new AtomicInteger();
        var release = new CountDownLatch(1);
        var atOnce = new Semaphore(2);
        var most = new AtomicInteger();
        var result =
                new ConvertedLayer(
                        Descriptor.of("t", Digest.sha256Of(new byte[0]), 0),
                        LayerBootstrap.of("id", MemorySegment.NULL),
                        new byte[0],
                        Optional.empty());
        LayerWrapping counting =
                (blobs, converter) ->
                        (layer, diffId) -> {
                            most.accumulateAndGet(running.incrementAndGet(), Math::max);
                            release.await();
                            running.decrementAndGet();
                            return result;
                        };
        var limited = new LimitedLayers(counting, atOnce);
        try (var registry = RealRegistry.start();
                var target =
                        new Registries(
                                        Map.of("DOCKER_CONFIG", directory.toString()),
                                        InstantSource.system(),
                                        Credentials.NONE,
                                        true)
                                .target(
                                        ImageReference.parse(registry.authority() + "/app"),
                                        false);
                var group = TaskGroup.open("test", Deadline.never())) {
            for (int image = 0; image < 4; image++) {
                var conversion = limited.around(target, blobs -> (layer, diffId) -> result);
                for (int i = 0; i < 5; i++) {
                    group.fork(
                            () ->
                                    conversion.convert(
                                            result.descriptor(), result.descriptor().digest()));
                }
            }
            // All of them have come as far as they may.
            Await.until("the others wait", () -> atOnce.getQueueLength() == 18);
            assertThat(running).hasValue(2);
            release.countDown();
            group.joinOrThrow();
        }
        assertThat(most).hasValue(2);
    }
}
