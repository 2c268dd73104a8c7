package dev.naiad.convert.estargz;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.convert.conversion.ConverterVersion;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Semaphore;

/** Writes an image with seekable layers: everything of it but the tag. */
final class EstargzImage {
    private final EstargzLayers layers;
    private final ImageTarget target;
    private final boolean toOci;
    private final String reference;
    private final Semaphore atOnce;
    private final ConversionProgress progress;

    /**
     * @param reference of the source, which the manifest tells
     * @param atOnce how many layers are made at a time
     */
    EstargzImage(
            EstargzLayers layers,
            ImageTarget target,
            boolean toOci,
            String reference,
            Semaphore atOnce,
            ConversionProgress progress) {
        this.layers = layers;
        this.target = target;
        this.toOci = toOci;
        this.reference = reference;
        this.atOnce = atOnce;
        this.progress = progress;
    }

    PushedImage write(PlatformImage image) throws InterruptedException {
        List<EstargzLayer> made = layers(image);
        Manifest from = image.manifest();
        byte[] config =
                image.config()
                        .withDiffIds(made.stream().map(EstargzLayer::diffId).toList())
                        .toJson();
        var configDescriptor =
                from.config()
                        .at(
                                type(from.config().mediaType()),
                                Digest.sha256Of(config),
                                config.length);
        var annotations = new LinkedHashMap<>(from.annotations());
        annotations.put(NydusAnnotations.SOURCE_DIGEST, image.descriptor().digest().toString());
        annotations.put(NydusAnnotations.SOURCE_REFERENCE, reference);
        annotations.put(NydusAnnotations.BUILDER_VERSION, ConverterVersion.TEXT);
        var descriptors = made.stream().map(EstargzLayer::descriptor).toList();
        String mediaType = type(from.mediaType());
        byte[] manifest =
                new Manifest(mediaType, configDescriptor, descriptors, annotations, from.json())
                        .toJson();
        Deadline deadline = Deadline.never();
        target.putBlob(configDescriptor.digest(), config, deadline);
        Digest digest = Digest.sha256Of(manifest);
        target.putManifest(digest.toString(), mediaType, manifest, deadline);
        return new PushedImage(
                image.descriptor().at(mediaType, digest, manifest.length),
                mediaType,
                manifest,
                config.length + descriptors.stream().mapToLong(Descriptor::size).sum());
    }

    private List<EstargzLayer> layers(PlatformImage image) throws InterruptedException {
        var work = image.manifest().layers();
        var diffIds = image.diffIds();
        work.forEach(layer -> progress.expect(layer.size()));
        var tasks = new LinkedHashMap<Digest, TaskGroup.Task<EstargzLayer>>();
        try (var group = TaskGroup.open("estargz", Deadline.never())) {
            for (int i = 0; i < work.size(); i++) {
                Descriptor layer = work.get(i);
                Digest diffId = diffIds.get(i);
                if (!tasks.containsKey(layer.digest())) {
                    tasks.put(layer.digest(), group.submit(() -> limited(layer, diffId)));
                }
            }
            group.joinOrThrow();
        }
        var made = new ArrayList<EstargzLayer>();
        for (Descriptor layer : work) {
            var task = tasks.get(layer.digest());
            if (task != null) {
                made.add(task.get());
            }
        }
        return made;
    }

    private EstargzLayer limited(Descriptor layer, Digest diffId) throws Exception {
        atOnce.acquire();
        try {
            return layers.convert(layer, diffId);
        } finally {
            atOnce.release();
        }
    }

    private String type(String mediaType) {
        return toOci ? MediaTypes.toOci(mediaType) : mediaType;
    }
}
