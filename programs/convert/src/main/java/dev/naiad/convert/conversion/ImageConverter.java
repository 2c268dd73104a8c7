package dev.naiad.convert.conversion;

import dev.naiad.backend.registry.RegistryRepository;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.ImageMerger;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.BootstrapLayer;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.Progress;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageConfig;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the Nydus image of one platform's image: everything of it but the tag. */
final class ImageConverter {
    private final RegistryRepository source;
    private final RegistryRepository target;
    private final ConvertOptions options;
    private final Progress progress;
    private final int layersAtOnce;

    /**
     * @param layersAtOnce bounds memory: each layer has some tens of MB of buffers
     */
    ImageConverter(
            RegistryRepository source,
            RegistryRepository target,
            ConvertOptions options,
            Progress progress,
            int layersAtOnce) {
        this.source = source;
        this.target = target;
        this.options = options;
        this.progress = progress;
        this.layersAtOnce = layersAtOnce;
    }

    PushedImage convert(PlatformImage image) throws InterruptedException {
        Manifest manifest = image.manifest();
        if (manifest.isNydus()) {
            return new ImageCopier(source, target, progress, layersAtOnce).copy(image);
        }
        List<Descriptor> layers = manifest.layers();
        List<Digest> diffIds = image.config().diffIds();
        if (layers.size() != diffIds.size()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "manifest "
                            + image.descriptor().digest()
                            + ": has "
                            + layers.size()
                            + " layers, but its config "
                            + diffIds.size()
                            + " diff ids");
        }
        Map<Digest, BuiltLayer> built = convertLayers(layers, diffIds);
        return assemble(image, layers.stream().map(layer -> layer(built, layer)).toList());
    }

    private static BuiltLayer layer(Map<Digest, BuiltLayer> built, Descriptor layer) {
        BuiltLayer found = built.get(layer.digest());
        if (found == null) {
            throw new IllegalStateException("layer " + layer.digest() + " was not converted");
        }
        return found;
    }

    /** The largest layer first, since the whole takes at least as long as it; equal layers once. */
    private Map<Digest, BuiltLayer> convertLayers(List<Descriptor> layers, List<Digest> diffIds)
            throws InterruptedException {
        record Work(Descriptor layer, Digest diffId) {}
        var distinct = new LinkedHashMap<Digest, Work>();
        for (int i = 0; i < layers.size(); i++) {
            distinct.putIfAbsent(layers.get(i).digest(), new Work(layers.get(i), diffIds.get(i)));
        }
        var works = new ArrayList<>(distinct.values());
        works.sort(Comparator.comparingLong((Work work) -> work.layer().size()).reversed());
        works.forEach(work -> progress.expect(work.layer().size()));
        var converter = new LayerConverter(source, target, options, progress);
        var tasks = new LinkedHashMap<Digest, TaskGroup.Task<BuiltLayer>>();
        try (var group = TaskGroup.open("convert", Deadline.never(), layersAtOnce)) {
            for (Work work : works) {
                tasks.put(
                        work.layer().digest(),
                        group.submit(() -> converter.convert(work.layer(), work.diffId())));
            }
            group.joinOrThrow();
        }
        var built = new LinkedHashMap<Digest, BuiltLayer>();
        tasks.forEach((digest, task) -> built.put(digest, task.get()));
        return built;
    }

    private PushedImage assemble(PlatformImage image, List<BuiltLayer> layers) {
        var bootstraps = new ArrayList<LayerBootstrap>();
        var metas = new LinkedHashMap<String, byte[]>();
        var descriptors = new ArrayList<Descriptor>();
        var diffIds = new ArrayList<Digest>();
        for (BuiltLayer layer : layers) {
            String id = layer.digest().hex();
            bootstraps.add(
                    LayerBootstrap.of(id, MemorySegment.ofArray(layer.bootstrap()), layer.size()));
            if (layer.blobMeta().length > 0) {
                metas.putIfAbsent(id, layer.blobMeta());
            }
            descriptors.add(
                    Descriptor.of(MediaTypes.NYDUS_BLOB, layer.digest(), layer.size())
                            .withAnnotation(NydusAnnotations.BLOB, "true"));
            diffIds.add(layer.digest());
        }
        byte[] bootstrap = ImageMerger.merge(bootstraps, options.merge()).bootstrap();
        BootstrapLayer packed = BootstrapLayer.pack(bootstrap, metas);
        boolean docker = MediaTypes.isDocker(image.manifest().mediaType()) && !options.toOci();
        String version = options.build().version().word();
        descriptors.add(
                Descriptor.of(
                                docker ? MediaTypes.DOCKER_LAYER_GZIP : MediaTypes.OCI_LAYER_GZIP,
                                packed.digest(),
                                packed.gzip().length)
                        .withAnnotation(NydusAnnotations.BOOTSTRAP, "true")
                        .withAnnotation(NydusAnnotations.FS_VERSION, version));
        diffIds.add(packed.diffId());
        ImageConfig config =
                image.config().withLayers(diffIds, "Nydus Converter", "Nydus Bootstrap Layer");
        return push(image, descriptors, packed, config.toJson(), version);
    }

    private PushedImage push(
            PlatformImage image,
            List<Descriptor> layers,
            BootstrapLayer bootstrap,
            byte[] config,
            String version) {
        Manifest from = image.manifest();
        String configType =
                options.toOci()
                        ? MediaTypes.toOci(from.config().mediaType())
                        : from.config().mediaType();
        Descriptor configDescriptor =
                from.config().at(configType, Digest.sha256Of(config), config.length);
        var annotations = new LinkedHashMap<>(from.annotations());
        annotations.put(NydusAnnotations.SOURCE_DIGEST, image.descriptor().digest().toString());
        annotations.put(NydusAnnotations.SOURCE_REFERENCE, options.source().toString());
        annotations.put(NydusAnnotations.FS_VERSION, version);
        annotations.put(NydusAnnotations.BUILDER_VERSION, ConverterVersion.TEXT);
        String mediaType = options.toOci() ? MediaTypes.toOci(from.mediaType()) : from.mediaType();
        var json = from.json();
        if (options.withReferrer()) {
            json = json.with("subject", Subjects.of(image.descriptor(), from.mediaType()));
        }
        byte[] manifest =
                new Manifest(mediaType, configDescriptor, layers, annotations, json).toJson();
        Deadline deadline = Deadline.never();
        target.putBlob(bootstrap.digest(), bootstrap.gzip(), deadline);
        progress.pushed(bootstrap.gzip().length);
        target.putBlob(configDescriptor.digest(), config, deadline);
        Digest digest = Digest.sha256Of(manifest);
        target.putManifest(digest.toString(), mediaType, manifest, deadline);
        long size = config.length + layers.stream().mapToLong(Descriptor::size).sum();
        return new PushedImage(
                image.descriptor().at(mediaType, digest, manifest.length),
                mediaType,
                manifest,
                size);
    }
}
