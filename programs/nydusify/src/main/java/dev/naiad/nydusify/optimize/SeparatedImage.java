package dev.naiad.nydusify.optimize;

import dev.naiad.backend.store.Content;
import dev.naiad.backend.store.WritableBackend;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.MergedImage;
import dev.naiad.builder.rewrite.ImageOptimizer;
import dev.naiad.builder.rewrite.PrefetchFile;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.pull.BlobBytes;
import dev.naiad.convert.pull.NydusBootstrap;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.push.RewrittenImage;
import dev.naiad.layers.BootstrapLayer;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes an image whose files that are needed first are in a blob of their own. */
final class SeparatedImage {
    private static final Logger LOG = LoggerFactory.getLogger(SeparatedImage.class);
    private static final String PREFETCH_LIST = "image/prefetch.files";

    private final ImageTarget target;
    private final ImageCopier copier;
    private final Optional<WritableBackend> store;
    private final Path file;

    /**
     * @param store gets the new blob as well
     * @param file for the new blob, empty
     */
    SeparatedImage(
            ImageTarget target, ImageCopier copier, Optional<WritableBackend> store, Path file) {
        this.target = target;
        this.copier = copier;
        this.store = store;
        this.file = file;
    }

    /**
     * Writes everything but the tag.
     *
     * @param list the text that the files were read from
     */
    PushedImage write(NydusBootstrap source, BlobBytes blobs, List<PrefetchFile> files, byte[] list)
            throws InterruptedException {
        var built = new AtomicReference<Optional<BuiltLayer>>(Optional.empty());
        Optional<MergedImage> optimized =
                ImageOptimizer.optimize(
                        source.bootstrap(),
                        source.bootstrap().blobs(),
                        files,
                        blob -> blobs.open(blob.id()),
                        build -> built.set(Optional.of(spool(build))));
        if (optimized.isEmpty()) {
            LOG.warn("there is nothing to separate; the image is copied as it is");
            return copier.copy(source.image());
        }
        PlatformImage image = source.image();
        List<Descriptor> layers = new ArrayList<>(image.manifest().layers());
        Descriptor before = layers.removeLast();
        layers.forEach(copier::copyBlob);
        BuiltLayer blob = built.get().orElseThrow();
        layers.add(send(blob));
        BootstrapLayer packed =
                BootstrapLayer.pack(
                        optimized.get().bootstrap(), Map.of(), Map.of(PREFETCH_LIST, list));
        target.putBlob(packed.digest(), packed.gzip(), Deadline.never());
        layers.add(
                before.at(MediaTypes.OCI_LAYER_GZIP, packed.digest(), packed.gzip().length)
                        .withAnnotation(NydusAnnotations.PREFETCH_BLOB, blob.digest().hex()));
        List<Digest> diffIds = new ArrayList<>(image.config().diffIds());
        diffIds.removeLast();
        diffIds.add(blob.digest());
        diffIds.add(packed.diffId());
        LOG.info("separated {} bytes into blob {}", blob.size(), blob.digest());
        return RewrittenImage.write(
                target,
                image,
                layers,
                image.config().withDiffIds(diffIds),
                image.manifest().annotations());
    }

    private BuiltLayer spool(Function<WritableByteChannel, BuiltLayer> build) {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            return build.apply(channel);
        } catch (IOException e) {
            throw WorkDir.failed(file, e);
        }
    }

    private Descriptor send(BuiltLayer blob) {
        try {
            Content content = Content.of(file);
            store.ifPresent(
                    backend ->
                            backend.put(blob.digest().hex(), content, n -> {}, Deadline.never()));
            copier.copyBlob(blob.digest(), blob.size(), Files.newInputStream(file));
        } catch (IOException e) {
            throw WorkDir.failed(file, e);
        }
        return Descriptor.of(MediaTypes.NYDUS_BLOB, blob.digest(), blob.size())
                .withAnnotation(NydusAnnotations.BLOB, "true");
    }
}
