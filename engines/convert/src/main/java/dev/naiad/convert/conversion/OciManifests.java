package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageConfig;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.util.LinkedHashMap;
import java.util.List;

/** Writes the manifest and config of an image that is a Nydus image no more. */
final class OciManifests {
    private static final List<String> OF_NYDUS =
            List.of(
                    NydusAnnotations.SOURCE_DIGEST,
                    NydusAnnotations.SOURCE_REFERENCE,
                    NydusAnnotations.FS_VERSION,
                    NydusAnnotations.BUILDER_VERSION);

    private OciManifests() {}

    /** Always with OCI's types, whatever the Nydus image had. */
    static PushedImage write(
            ImageTarget target, PlatformImage image, List<Descriptor> layers, ImageConfig config) {
        byte[] configBytes = config.toJson();
        Digest configDigest = Digest.sha256Of(configBytes);
        Deadline deadline = Deadline.never();
        target.putBlob(configDigest, configBytes, deadline);
        Manifest from = image.manifest();
        var annotations = new LinkedHashMap<>(from.annotations());
        OF_NYDUS.forEach(annotations::remove);
        byte[] manifest =
                new Manifest(
                                MediaTypes.OCI_MANIFEST,
                                from.config()
                                        .at(
                                                MediaTypes.OCI_CONFIG,
                                                configDigest,
                                                configBytes.length),
                                layers,
                                annotations,
                                from.json().without("subject").without("artifactType"))
                        .toJson();
        Digest digest = Digest.sha256Of(manifest);
        target.putManifest(digest.toString(), MediaTypes.OCI_MANIFEST, manifest, deadline);
        var descriptor = image.descriptor().at(MediaTypes.OCI_MANIFEST, digest, manifest.length);
        return new PushedImage(
                new Descriptor(
                        descriptor.mediaType(),
                        descriptor.digest(),
                        descriptor.size(),
                        descriptor.annotations(),
                        descriptor.json().without("artifactType")),
                MediaTypes.OCI_MANIFEST,
                manifest,
                configBytes.length + layers.stream().mapToLong(Descriptor::size).sum());
    }
}
