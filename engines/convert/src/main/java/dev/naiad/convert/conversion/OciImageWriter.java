package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.util.ArrayList;
import java.util.LinkedHashMap;

/** Writes the OCI half of an index that has both forms of an image. */
final class OciImageWriter {
    private static final String COMMENT = "Nydus Empty Layer";

    private final ImageTarget target;
    private final ImageCopier copier;
    private final boolean toOci;

    OciImageWriter(ImageTarget target, ImageCopier copier, boolean toOci) {
        this.target = target;
        this.copier = copier;
        this.toOci = toOci;
    }

    /** Copies the layers and puts the empty one in front. */
    PushedImage write(PlatformImage image) throws InterruptedException {
        copier.copyLayers(image.manifest());
        Manifest from = image.manifest();
        var empty = EmptyLayer.make();
        Deadline deadline = Deadline.never();
        target.putBlob(empty.digest(), empty.gzip(), deadline);
        var layers = new ArrayList<Descriptor>();
        boolean docker = MediaTypes.isDocker(from.mediaType()) && !toOci;
        layers.add(
                Descriptor.of(
                                docker ? MediaTypes.DOCKER_LAYER_GZIP : MediaTypes.OCI_LAYER_GZIP,
                                empty.digest(),
                                empty.gzip().length)
                        .withAnnotation(NydusAnnotations.EMPTY_LAYER, "true"));
        from.layers().forEach(layer -> layers.add(layer.withMediaType(type(layer.mediaType()))));
        byte[] config =
                image.config()
                        .withFirstLayer(empty.diffId(), NydusImageWriter.CREATED_BY, COMMENT)
                        .toJson();
        Digest configDigest = Digest.sha256Of(config);
        target.putBlob(configDigest, config, deadline);
        var annotations = new LinkedHashMap<>(from.annotations());
        String original = image.descriptor().digest().toString();
        annotations.put(NydusAnnotations.SOURCE_DIGEST, original);
        byte[] manifest =
                new Manifest(
                                type(from.mediaType()),
                                from.config()
                                        .at(
                                                type(from.config().mediaType()),
                                                configDigest,
                                                config.length),
                                layers,
                                annotations,
                                from.json())
                        .toJson();
        Digest digest = Digest.sha256Of(manifest);
        target.putManifest(digest.toString(), type(from.mediaType()), manifest, deadline);
        long size = config.length + layers.stream().mapToLong(Descriptor::size).sum();
        return new PushedImage(
                image.descriptorWithPlatform()
                        .at(type(from.mediaType()), digest, manifest.length)
                        .withAnnotation(NydusAnnotations.SOURCE_DIGEST, original),
                type(from.mediaType()),
                manifest,
                size);
    }

    private String type(String mediaType) {
        return toOci ? MediaTypes.toOci(mediaType) : mediaType;
    }
}
