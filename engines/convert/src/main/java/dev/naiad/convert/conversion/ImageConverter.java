package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.builder.ImageMerger;
import dev.naiad.builder.MergeOptions;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.oci.image.Descriptor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes the Nydus image of one platform's image: everything of it but the tag. */
final class ImageConverter {
    private final LayerConversion conversion;
    private final MergeOptions merge;
    private final NydusImageWriter writer;
    private final ConversionProgress progress;
    private final int layersAtOnce;

    /**
     * @param layersAtOnce bounds memory: each layer has some tens of MB of buffers
     */
    ImageConverter(
            LayerConversion conversion,
            MergeOptions merge,
            NydusImageWriter writer,
            ConversionProgress progress,
            int layersAtOnce) {
        this.conversion = conversion;
        this.merge = merge;
        this.writer = writer;
        this.progress = progress;
        this.layersAtOnce = layersAtOnce;
    }

    PushedImage convert(PlatformImage image) throws InterruptedException {
        List<Descriptor> layers = image.manifest().layers();
        List<Digest> diffIds = image.diffIds();
        Map<Digest, ConvertedLayer> byDigest = convertLayers(layers, diffIds);
        List<ConvertedLayer> converted =
                layers.stream().map(layer -> converted(byDigest, layer)).toList();
        // Before anything of the image gets a name: one that differs must not.
        try (var verification =
                ImageVerification.begin(image.descriptor().digest().toString(), converted)) {
            var merged =
                    ImageMerger.merge(
                            converted.stream().map(ConvertedLayer::bootstrap).toList(), merge);
            verification.merged(merged.bootstrap());
            return writer.write(image, converted, merged, verification);
        }
    }

    private static ConvertedLayer converted(
            Map<Digest, ConvertedLayer> converted, Descriptor layer) {
        ConvertedLayer found = converted.get(layer.digest());
        if (found == null) {
            throw new IllegalStateException("layer " + layer.digest() + " was not converted");
        }
        return found;
    }

    /** The largest layer first, since the whole takes at least as long as it; equal layers once. */
    private Map<Digest, ConvertedLayer> convertLayers(List<Descriptor> layers, List<Digest> diffIds)
            throws InterruptedException {
        record Work(Descriptor layer, Digest diffId) {}
        var distinct = new LinkedHashMap<Digest, Work>();
        for (int i = 0; i < layers.size(); i++) {
            distinct.putIfAbsent(layers.get(i).digest(), new Work(layers.get(i), diffIds.get(i)));
        }
        var works = new ArrayList<>(distinct.values());
        works.sort(Comparator.comparingLong((Work work) -> work.layer().size()).reversed());
        works.forEach(work -> progress.expect(work.layer().size()));
        var tasks = new LinkedHashMap<Digest, TaskGroup.Task<ConvertedLayer>>();
        try (var group = TaskGroup.open("convert", Deadline.never(), layersAtOnce)) {
            for (Work work : works) {
                tasks.put(
                        work.layer().digest(),
                        group.submit(() -> conversion.convert(work.layer(), work.diffId())));
            }
            group.joinOrThrow();
        }
        var converted = new LinkedHashMap<Digest, ConvertedLayer>();
        tasks.forEach((digest, task) -> converted.put(digest, task.get()));
        return converted;
    }
}
