package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.builder.MergedImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.layers.BootstrapLayer;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageConfig;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Writes bootstrap layer, config and manifest of an image whose layers are converted. */
final class NydusImageWriter {
    static final String CREATED_BY = "Nydus Converter";
    static final String COMMENT = "Nydus Bootstrap Layer";

    private final ImageTarget target;
    private final ConvertOptions options;
    private final boolean blobsAreLayers;
    private final Optional<DictionaryImage> dictionary;
    private final ConversionProgress progress;

    /**
     * @param blobsAreLayers false if a storage backend has the blobs; then the manifest lists the
     *     bootstrap only
     */
    NydusImageWriter(
            ImageTarget target,
            ConvertOptions options,
            boolean blobsAreLayers,
            Optional<DictionaryImage> dictionary,
            ConversionProgress progress) {
        this.target = target;
        this.options = options;
        this.blobsAreLayers = blobsAreLayers;
        this.dictionary = dictionary;
        this.progress = progress;
    }

    /**
     * Writes.
     *
     * @param layers lowest first
     * @param verification waited for before the manifest; what is sent before it has no name
     */
    PushedImage write(
            PlatformImage image,
            List<ConvertedLayer> layers,
            MergedImage merged,
            ImageVerification verification)
            throws InterruptedException {
        var metas = new LinkedHashMap<String, byte[]>();
        var descriptors = new ArrayList<Descriptor>();
        var diffIds = new ArrayList<Digest>();
        for (ConvertedLayer layer : layers) {
            if (layer.blobMeta().length > 0) {
                metas.putIfAbsent(layer.descriptor().digest().hex(), layer.blobMeta());
            }
            if (blobsAreLayers) {
                descriptors.add(layer.descriptor());
                diffIds.add(layer.descriptor().digest());
            }
        }
        for (Descriptor shared :
                blobsAreLayers ? dictionaryBlobs(layers, merged) : List.<Descriptor>of()) {
            descriptors.add(shared);
            diffIds.add(shared.digest());
        }
        BootstrapLayer packed = BootstrapLayer.pack(merged.bootstrap(), metas);
        boolean docker = MediaTypes.isDocker(image.manifest().mediaType()) && !options.toOci();
        descriptors.add(
                Descriptor.of(
                                docker ? MediaTypes.DOCKER_LAYER_GZIP : MediaTypes.OCI_LAYER_GZIP,
                                packed.digest(),
                                packed.gzip().length)
                        .withAnnotation(NydusAnnotations.BOOTSTRAP, "true")
                        .withAnnotation(NydusAnnotations.FS_VERSION, version()));
        diffIds.add(packed.diffId());
        // compat: each layer has its entry of history, as the original's readers check.
        ImageConfig before = blobsAreLayers ? image.config() : image.config().withoutHistory();
        ImageConfig config = before.withLayers(diffIds, CREATED_BY, COMMENT);
        target.putBlob(packed.digest(), packed.gzip(), Deadline.never());
        verification.await();
        return manifest(image, descriptors, config.toJson());
    }

    /** What the image takes from a chunk dictionary stands behind its own layers. */
    private List<Descriptor> dictionaryBlobs(List<ConvertedLayer> layers, MergedImage merged) {
        Set<String> own = new HashSet<>();
        layers.forEach(layer -> own.add(layer.bootstrap().blobId()));
        return dictionary
                .map(image -> image.store(merged.blobs(), own, target, progress))
                .orElse(List.of());
    }

    private String version() {
        return options.build().version().word();
    }

    private PushedImage manifest(PlatformImage image, List<Descriptor> layers, byte[] config) {
        Manifest from = image.manifest();
        String configType = configType(from.config().mediaType());
        Descriptor configDescriptor =
                from.config().at(configType, Digest.sha256Of(config), config.length);
        var annotations = new LinkedHashMap<>(from.annotations());
        annotations.put(NydusAnnotations.SOURCE_DIGEST, image.descriptor().digest().toString());
        annotations.put(NydusAnnotations.SOURCE_REFERENCE, options.source().toString());
        annotations.put(NydusAnnotations.FS_VERSION, version());
        annotations.put(NydusAnnotations.BUILDER_VERSION, ConverterVersion.TEXT);
        String mediaType = options.toOci() ? MediaTypes.toOci(from.mediaType()) : from.mediaType();
        var json = from.json();
        if (options.withReferrer()) {
            json = json.with("subject", Subjects.of(image.descriptor(), from.mediaType()));
        }
        byte[] manifest =
                new Manifest(mediaType, configDescriptor, layers, annotations, json).toJson();
        Deadline deadline = Deadline.never();
        target.putBlob(configDescriptor.digest(), config, deadline);
        Digest digest = Digest.sha256Of(manifest);
        target.putManifest(digest.toString(), mediaType, manifest, deadline);
        long size = config.length + layers.stream().mapToLong(Descriptor::size).sum();
        Descriptor source =
                options.mergePlatform()
                        ? besideOci(image.descriptorWithPlatform())
                        : image.descriptor();
        return new PushedImage(
                source.at(mediaType, digest, manifest.length), mediaType, manifest, size);
    }

    private String configType(String source) {
        if (options.mergePlatform()) {
            return MediaTypes.NYDUS_CONFIG;
        }
        return options.toOci() ? MediaTypes.toOci(source) : source;
    }

    /** What tells the Nydus form from the OCI form of the same platform in one index. */
    private static Descriptor besideOci(Descriptor descriptor) {
        ConfigNode json =
                descriptor.json().with("artifactType", ConfigNode.of(MediaTypes.NYDUS_ARTIFACT));
        return new Descriptor(
                descriptor.mediaType(),
                descriptor.digest(),
                descriptor.size(),
                descriptor.annotations(),
                json);
    }
}
