package dev.naiad.convert.conversion;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.UsageException;
import dev.naiad.oci.ref.ImageReference;
import java.util.Optional;

/**
 * Where converted layers are looked up and noted.
 *
 * @param version of the records that count
 * @param maxRecords for each platform
 */
record BuildCacheOptions(
        ImageReference reference, boolean insecure, String version, int maxRecords) {
    /**
     * Reads the flags.
     *
     * @param target of the conversion, whose repository {@code --build-cache-tag} means
     */
    static Optional<BuildCacheOptions> parse(
            CommandLine line, ImageReference target, boolean targetInsecure) {
        Optional<String> image = line.find("build-cache").filter(v -> !v.isEmpty());
        Optional<String> tag = line.find("build-cache-tag").filter(v -> !v.isEmpty());
        if (image.isPresent() && tag.isPresent()) {
            throw new UsageException("--build-cache and --build-cache-tag exclude each other");
        }
        if (image.isEmpty() && tag.isEmpty()) {
            return Optional.empty();
        }
        if (line.find("target-archive").filter(v -> !v.isEmpty()).isPresent()
                || line.find("backend-type").filter(v -> !v.isEmpty()).isPresent()) {
            throw new UsageException(
                    "a build cache needs layers in a registry: it goes with neither --target-archive nor --backend-type");
        }
        boolean insecure = line.flag("build-cache-insecure") || (tag.isPresent() && targetInsecure);
        return Optional.of(
                new BuildCacheOptions(
                        image.map(ImageReference::parse)
                                .orElseGet(() -> target.withTag(tag.orElseThrow())),
                        insecure,
                        line.get("build-cache-version"),
                        (int) line.number("build-cache-max-records")));
    }
}
