package dev.naiad.nydusify.check;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.ImageCheck;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether a bootstrap can be read completely and needs no blob that the manifest does not list. */
final class BootstrapRules {
    private final ImageSource source;

    BootstrapRules(ImageSource source) {
        this.source = source;
    }

    /** Fetches, reads and checks it. */
    Bootstrap check(PlatformImage image) {
        List<Descriptor> layers = image.manifest().layers();
        byte[] bytes = BootstrapArchive.fetch(source, image, Deadline.never());
        Bootstrap bootstrap;
        try {
            bootstrap =
                    BootstrapReader.open(
                            MemorySegment.ofArray(bytes), NydusAnnotations.BOOTSTRAP_PATH);
            var _ = ImageCheck.check(bootstrap);
        } catch (NaiadException e) {
            throw CheckFailure.of("bootstrap", e.what());
        }
        checkBlobs(bootstrap, layers.subList(0, layers.size() - 1));
        return bootstrap;
    }

    private static void checkBlobs(Bootstrap bootstrap, List<Descriptor> layers) {
        Set<String> listed = new HashSet<>();
        boolean references = false;
        for (Descriptor layer : layers) {
            String reference = layer.annotations().getOrDefault(NydusAnnotations.REF, "");
            references |= !reference.isEmpty();
            listed.add(layer.digest().hex());
            if (reference.startsWith("sha256:")) {
                listed.add(Digest.parse(reference).hex());
            }
        }
        if (layers.isEmpty() && !references) {
            return; // the blobs are in a storage backend
        }
        for (BlobInfo blob : bootstrap.blobs()) {
            if (!listed.contains(blob.id())) {
                throw CheckFailure.of(
                        "bootstrap", "blob " + blob.id() + " is not a layer of the manifest");
            }
        }
    }
}
