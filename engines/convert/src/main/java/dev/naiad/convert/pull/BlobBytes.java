package dev.naiad.convert.pull;

import dev.naiad.backend.Backend;
import dev.naiad.backend.ReadPriority;
import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.layers.WindowedSource;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The blobs of an image, wherever they are, for readers of chunks: neighbours are fetched together.
 * For any number of threads.
 */
public final class BlobBytes {
    private final Map<String, Descriptor> layers = new HashMap<>();
    private final Opener opener;

    private interface Opener {
        ByteSource open(String blobId, Map<String, Descriptor> layers);
    }

    private interface Reader {
        void read(long offset, MemorySegment target);
    }

    private BlobBytes(List<Descriptor> layers, Opener opener) {
        layers.forEach(layer -> this.layers.put(layer.digest().hex(), layer));
        this.opener = opener;
    }

    /** Layers of an image. */
    public static BlobBytes of(ImageSource source, List<Descriptor> layers) {
        return new BlobBytes(
                layers,
                (id, known) -> {
                    Descriptor layer = known.get(id);
                    if (layer == null) {
                        throw new NaiadException(
                                ErrorKind.NOT_FOUND, "blob " + id + " is not a layer of the image");
                    }
                    return source(
                            "blob " + id,
                            layer.size(),
                            (offset, target) ->
                                    source.read(layer.digest(), offset, target, Deadline.never()));
                });
    }

    /** Objects of a storage backend, which stays the caller's to close. */
    public static BlobBytes of(Backend backend) {
        return new BlobBytes(
                List.of(),
                (id, known) ->
                        source(
                                "blob " + id + " (" + backend.type() + ")",
                                backend.size(id, Deadline.never()),
                                (offset, target) ->
                                        backend.read(
                                                id,
                                                offset,
                                                target,
                                                ReadPriority.USER,
                                                Deadline.never())));
    }

    /** Opens one by its id. */
    public ByteSource open(String blobId) {
        return opener.open(blobId, layers);
    }

    /**
     * Opens a blob of the image, or the layer that it refers to, which no manifest of the image
     * lists.
     */
    public ByteSource open(BlobInfo blob) {
        if (!blob.has(BlobFeatures.SEPARATE) || layers.containsKey(blob.id())) {
            return open(blob.id());
        }
        Descriptor layer =
                Descriptor.of(
                        MediaTypes.OCI_LAYER_GZIP, Digest.sha256(blob.id()), blob.compressedSize());
        return opener.open(blob.id(), Map.of(blob.id(), layer));
    }

    private static ByteSource source(String name, long size, Reader reader) {
        return new WindowedSource(
                new ByteSource() {
                    @Override
                    public long size() {
                        return size;
                    }

                    @Override
                    public void read(long offset, MemorySegment target) {
                        if (offset < 0 || target.byteSize() > size - offset) {
                            throw new NaiadException(
                                    ErrorKind.OUT_OF_RANGE,
                                    name
                                            + ": "
                                            + target.byteSize()
                                            + " bytes at "
                                            + offset
                                            + " of "
                                            + size);
                        }
                        reader.read(offset, target);
                    }

                    @Override
                    public String name() {
                        return name;
                    }
                });
    }
}
