package dev.naiad.convert.acceld.engine;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.conversion.ConverterVersion;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.image.Platform;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds out by annotations of manifests that there is nothing to do: names say nothing, since
 * anyone can choose them.
 */
final class ConvertedBefore {
    private ConvertedBefore() {}

    /**
     * Why there is nothing to do; empty if there is.
     *
     * @param version that a converted image must have
     */
    static Optional<String> reason(
            ImageSource source,
            String sourceKey,
            ImageSource target,
            String targetKey,
            Predicate<Platform> wanted,
            String version) {
        List<PlatformImage> images =
                SourceImage.resolve(source, sourceKey, wanted, Deadline.never()).images();
        if (images.stream().anyMatch(image -> image.manifest().isNydus())) {
            return Optional.of("is a Nydus image already");
        }
        var converted = new HashSet<String>();
        try {
            for (var image :
                    SourceImage.resolve(target, targetKey, platform -> true, Deadline.never())
                            .images()) {
                Map<String, String> annotations = image.manifest().annotations();
                if (image.manifest().isNydus()
                        && version.equals(annotations.get(NydusAnnotations.FS_VERSION))
                        && ConverterVersion.TEXT.equals(
                                annotations.get(NydusAnnotations.BUILDER_VERSION))) {
                    converted.add(annotations.getOrDefault(NydusAnnotations.SOURCE_DIGEST, ""));
                }
            }
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
        boolean all =
                images.stream()
                        .allMatch(
                                image ->
                                        converted.contains(image.descriptor().digest().toString()));
        return all ? Optional.of("already converted") : Optional.empty();
    }
}
