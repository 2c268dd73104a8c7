package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A chunk dictionary: its bootstrap, and where its blobs can be had. */
final class DictionaryImage {
    private static final Logger LOG = LoggerFactory.getLogger(DictionaryImage.class);

    private final DictionaryReference reference;
    private final Registries registries;
    private final Bootstrap bootstrap;
    private final Map<Digest, Descriptor> blobs;

    private DictionaryImage(
            DictionaryReference reference,
            Registries registries,
            byte[] bootstrap,
            Map<Digest, Descriptor> blobs) {
        this.reference = reference;
        this.registries = registries;
        this.bootstrap =
                BootstrapReader.open(MemorySegment.ofArray(bootstrap), "the chunk dictionary");
        this.blobs = blobs;
    }

    /** Fetches or reads its bootstrap. */
    static DictionaryImage open(
            DictionaryReference reference, Registries registries, Dictionaries known) {
        var file = reference.bootstrap();
        if (file.isPresent()) {
            try {
                return new DictionaryImage(
                        reference, registries, Files.readAllBytes(file.get()), Map.of());
            } catch (IOException e) {
                throw new NaiadException(
                        ErrorKind.NOT_FOUND,
                        IoReason.after("chunk dictionary " + file.get(), e),
                        e);
            }
        }
        ImageReference image = reference.image().orElseThrow();
        try (var source = registries.source(image, reference.insecure())) {
            // Its content is for any platform.
            var found =
                    SourceImage.resolve(
                                    source,
                                    image.manifestKey(),
                                    platform -> !platform.os().equals("unknown"),
                                    Deadline.never())
                            .images();
            var wanted =
                    found.stream()
                            .filter(each -> each.manifest().isNydus())
                            .sorted((a, b) -> Boolean.compare(isHost(b), isHost(a)))
                            .findFirst()
                            .orElseThrow(
                                    () ->
                                            new NaiadException(
                                                    ErrorKind.FAILED_PRECONDITION,
                                                    "chunk dictionary "
                                                            + image
                                                            + ": is not a Nydus image"));
            byte[] bytes =
                    known.bootstrap(
                            wanted.descriptor().digest(),
                            () ->
                                    BootstrapArchive.fetch(
                                            source,
                                            wanted.manifest().layers().getLast(),
                                            wanted.config().diffIds().getLast(),
                                            Deadline.never()));
            var blobs = new LinkedHashMap<Digest, Descriptor>();
            wanted.manifest().layers().forEach(layer -> blobs.put(layer.digest(), layer));
            LOG.info("chunk dictionary {} has {} blobs", image, blobs.size() - 1);
            return new DictionaryImage(reference, registries, bytes, blobs);
        } catch (NaiadException e) {
            throw Registries.hint(e, "chunk-dict");
        }
    }

    private static boolean isHost(SourceImage.PlatformImage image) {
        return Platform.host().accepts(image.config().platform());
    }

    Bootstrap bootstrap() {
        return bootstrap;
    }

    /**
     * Makes the target hold those of the dictionary's blobs that an image uses.
     *
     * @param used the image's blob table
     * @param own ids of the blobs that its layers brought
     * @return their entries for the manifest
     */
    List<Descriptor> store(
            List<BlobInfo> used, Set<String> own, ImageTarget target, ConversionProgress progress) {
        var wanted = new ArrayList<Descriptor>();
        for (BlobInfo blob : used) {
            if (!own.contains(blob.id())) {
                Digest digest = Digest.parse("sha256:" + blob.id());
                long size =
                        blobs.containsKey(digest)
                                ? blobs.get(digest).size()
                                : blob.compressedSize();
                wanted.add(
                        Descriptor.of(MediaTypes.NYDUS_BLOB, digest, size)
                                .withAnnotation(NydusAnnotations.BLOB, "true"));
            }
        }
        if (wanted.isEmpty()) {
            return wanted;
        }
        var image = reference.image();
        if (image.isPresent()) {
            try (var source = registries.source(image.get(), reference.insecure())) {
                var copier = new ImageCopier(source, target, progress, 1);
                wanted.forEach(copier::copyBlob);
            }
            return wanted;
        }
        for (Descriptor blob : wanted) {
            if (!target.hasBlob(blob.digest(), Deadline.never())) {
                throw new NaiadException(
                        ErrorKind.FAILED_PRECONDITION,
                        "blob "
                                + blob.digest()
                                + " of the chunk dictionary is not in "
                                + target.name()
                                + "; copy the dictionary's image there, or give it as bootstrap:registry:REFERENCE");
            }
        }
        return wanted;
    }
}
