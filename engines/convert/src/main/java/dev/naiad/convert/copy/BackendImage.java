package dev.naiad.convert.copy;

import dev.naiad.backend.Backend;
import dev.naiad.backend.ReadPriority;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.push.RewrittenImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.layers.VerifiedStream;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Copies an image whose blobs are in a storage backend to one that lists them as layers, in front
 * of its bootstrap.
 */
public final class BackendImage {
    private final Backend backend;
    private final ImageSource source;
    private final ImageTarget target;
    private final ConversionProgress progress;
    private final int blobsAtOnce;

    /**
     * @param backend stays the caller's to close
     */
    public BackendImage(
            Backend backend,
            ImageSource source,
            ImageTarget target,
            ConversionProgress progress,
            int blobsAtOnce) {
        this.backend = backend;
        this.source = source;
        this.target = target;
        this.progress = progress;
        this.blobsAtOnce = blobsAtOnce;
    }

    /** Copies everything but the tag. */
    public PushedImage copy(PlatformImage image) throws InterruptedException {
        Deadline deadline = Deadline.never();
        List<Descriptor> layers = new ArrayList<>(image.manifest().layers());
        Descriptor bootstrap = layers.removeLast();
        List<Digest> diffIds = new ArrayList<>(image.config().diffIds());
        byte[] bytes = BootstrapArchive.fetch(source, bootstrap, diffIds.getLast(), deadline);
        var listed = new ConcurrentHashMap<Digest, Descriptor>();
        layers.forEach(layer -> listed.put(layer.digest(), layer));
        List<Digest> blobs =
                BootstrapReader.open(MemorySegment.ofArray(bytes), "" + bootstrap.digest())
                        .blobs()
                        .stream()
                        .map(BlobInfo::id)
                        .map(Digest::sha256)
                        .distinct()
                        .filter(blob -> !listed.containsKey(blob))
                        .toList();
        try (var group = TaskGroup.open("copy", deadline, blobsAtOnce)) {
            for (Digest blob : blobs) {
                group.fork(() -> listed.put(blob, copy(blob, deadline)));
            }
            for (Descriptor layer : image.manifest().layers()) {
                group.fork(() -> new ImageCopier(source, target, progress, 1).copyBlob(layer));
            }
            group.joinOrThrow();
        }
        var all = new ArrayList<Descriptor>();
        blobs.forEach(
                blob -> {
                    Descriptor copied = listed.get(blob);
                    if (copied != null) {
                        all.add(copied);
                    }
                });
        all.addAll(layers);
        all.add(bootstrap.withoutAnnotation(NydusAnnotations.BLOB_IDS));
        diffIds.addAll(0, blobs);
        var annotations = new LinkedHashMap<>(image.manifest().annotations());
        annotations.remove(NydusAnnotations.BLOB_IDS);
        return RewrittenImage.write(
                target, image, all, image.config().withDiffIds(diffIds), annotations);
    }

    /** Sends a blob of the backend to the target. */
    public Descriptor copy(Digest blob, Deadline deadline) {
        long size = backend.size(blob.hex(), deadline);
        progress.expect(size);
        var in =
                new VerifiedStream(
                        "blob " + blob,
                        backend.stream(blob.hex(), 0, ReadPriority.USER, deadline),
                        blob,
                        size,
                        progress::pulled);
        new ImageCopier(source, target, progress, 1).copyBlob(blob, size, in);
        return Descriptor.of(MediaTypes.NYDUS_BLOB, blob, size)
                .withAnnotation(NydusAnnotations.BLOB, "true");
    }
}
