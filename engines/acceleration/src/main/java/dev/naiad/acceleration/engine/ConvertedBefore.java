package dev.naiad.acceleration.engine;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.stargz.EstargzWriter;
import dev.naiad.convert.conversion.ConverterVersion;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.oci.image.Manifest;
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
     * What conversions make.
     *
     * @param name as it is said
     * @param is whether a manifest is of that form at all
     * @param ours whether one is as a conversion would make it now
     */
    record Form(String name, Predicate<Manifest> is, Predicate<Manifest> ours) {
        /** Nydus images of a format version. */
        static Form nydus(String version) {
            return new Form(
                    "a Nydus image",
                    Manifest::isNydus,
                    manifest ->
                            manifest.isNydus()
                                    && version.equals(
                                            manifest.annotations()
                                                    .get(NydusAnnotations.FS_VERSION)));
        }

        /** Images all of whose layers are seekable. */
        static Form estargz() {
            Predicate<Manifest> is =
                    manifest ->
                            !manifest.layers().isEmpty()
                                    && manifest.layers().stream()
                                            .allMatch(
                                                    layer ->
                                                            layer.annotations()
                                                                    .containsKey(
                                                                            EstargzWriter
                                                                                    .TOC_DIGEST));
            return new Form("an eStargz image", is, is);
        }
    }

    /**
     * Why there is nothing to do; empty if there is.
     *
     * @param form that a converted image must have
     */
    static Optional<String> reason(
            ImageSource source,
            String sourceKey,
            ImageSource target,
            String targetKey,
            Predicate<Platform> wanted,
            Form form) {
        List<PlatformImage> images =
                SourceImage.resolve(source, sourceKey, wanted, Deadline.never()).images();
        if (images.stream().anyMatch(image -> form.is().test(image.manifest()))) {
            return Optional.of("is " + form.name() + " already");
        }
        var converted = new HashSet<String>();
        try {
            for (var image :
                    SourceImage.resolve(target, targetKey, platform -> true, Deadline.never())
                            .images()) {
                Map<String, String> annotations = image.manifest().annotations();
                if (form.ours().test(image.manifest())
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
