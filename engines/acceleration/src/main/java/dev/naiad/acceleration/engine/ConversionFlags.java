package dev.naiad.acceleration.engine;

import dev.naiad.acceleration.config.AcceldConfig;
import dev.naiad.acceleration.config.DriverConfig;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.convert.conversion.ConvertOptions;
import dev.naiad.convert.conversion.ConvertSpec;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * acceld's driver keys as the flags of {@code nydusify convert}: what the one can do, the other
 * can, and what it refuses is refused by the flag's name.
 */
final class ConversionFlags {
    private ConversionFlags() {}

    /**
     * The options of one conversion.
     *
     * @param cache empty for none
     */
    static ConvertOptions options(
            AcceldConfig config,
            ImageReference source,
            ImageReference target,
            Optional<ImageReference> cache)
            throws IOException {
        DriverConfig driver = config.driver();
        CommandLine line =
                ConvertSpec.spec().parseLine(flags(config, source, target, cache), Map.of());
        byte[] patterns = String.join("\n", driver.patterns()).getBytes(StandardCharsets.UTF_8);
        return ConvertOptions.parse(line, new ByteArrayInputStream(patterns));
    }

    static List<String> flags(
            AcceldConfig config,
            ImageReference source,
            ImageReference target,
            Optional<ImageReference> cache) {
        DriverConfig driver = config.driver();
        var flags = new ArrayList<String>();
        flags.add("--source=" + source);
        flags.add("--target=" + target);
        // Where a conversion notes what it has sent, so that the next process goes on with it.
        flags.add("--work-dir=" + config.workDir().resolve("conversions"));
        flags.add("--fs-version=" + driver.version().word());
        flags.add("--compressor=" + driver.compressor().word());
        flags.add("--fs-chunk-size=0x" + Integer.toHexString(driver.chunkSize()));
        flags.add("--prefetch-patterns");
        if (driver.batchSize() > 0) {
            flags.add("--batch-size=0x" + Integer.toHexString(driver.batchSize()));
        }
        flag(flags, "--fs-align-chunk", driver.alignedChunks());
        flag(flags, "--oci", driver.dockerToOci());
        flag(flags, "--merge-platform", driver.mergeManifest());
        flag(flags, "--oci-ref", driver.ociRef());
        flag(flags, "--with-referrer", driver.withReferrer());
        driver.dictionary()
                .ifPresent(
                        image -> {
                            flags.add("--chunk-dict=bootstrap:registry:" + image);
                            flag(flags, "--chunk-dict-insecure", insecure(config, image));
                        });
        if (!driver.backendType().isEmpty()) {
            flags.add("--backend-type=" + driver.backendType());
            flags.add("--backend-config=" + driver.backendConfig().reveal());
            flag(flags, "--backend-force-push", driver.backendForcePush());
        }
        flag(flags, "--source-insecure", insecure(config, source));
        flag(flags, "--target-insecure", insecure(config, target));
        cache.ifPresent(
                image -> {
                    flags.add("--build-cache=" + image);
                    flags.add("--build-cache-version=" + config.cacheVersion());
                    flags.add("--build-cache-max-records=" + config.cacheSize());
                    flag(flags, "--build-cache-insecure", insecure(config, image));
                });
        if (config.platforms().isEmpty()) {
            flags.add("--all-platforms");
        } else {
            flags.add(
                    "--platform="
                            + String.join(
                                    ",",
                                    config.platforms().stream().map(Platform::toString).toList()));
        }
        return flags;
    }

    private static void flag(List<String> flags, String name, boolean on) {
        if (on) {
            flags.add(name);
        }
    }

    /** Whether any certificate will do for an image's registry. */
    static boolean insecure(AcceldConfig config, ImageReference image) {
        AcceldConfig.Source source = config.sources().get(image.domain());
        return source != null && source.insecure();
    }
}
