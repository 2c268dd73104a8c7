package dev.naiad.layers;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.blob.BlobSections;
import dev.naiad.rafs.blob.SectionHeader;
import dev.naiad.rafs.blob.Toc;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A Nydus layer as {@link Merge} needs it: what its blob is called and the small parts of it. The
 * data stay in the blob.
 *
 * @param digest of the whole blob
 * @param size of the whole blob
 * @param bootstrap uncompressed
 * @param blobMeta the chunk information in the form of a daemon's cache file; empty if the blob has
 *     none
 * @param original the OCI layer that holds the data, if the blob only describes it; else null
 */
@SuppressWarnings("ArrayRecordComponent") // handed over
public record NydusLayer(
        Digest digest, long size, byte[] bootstrap, byte[] blobMeta, @Nullable Digest original) {

    /** What came out of a build with an inlined bootstrap. */
    public static NydusLayer of(BuiltLayer built) {
        return new NydusLayer(
                built.digest(), built.size(), built.bootstrap(), built.blobMeta(), null);
    }

    /** The same layer, whose data lie in that OCI layer. */
    public NydusLayer describing(Digest layer) {
        return new NydusLayer(digest, size, bootstrap, blobMeta, layer);
    }

    /**
     * Reads the parts out of a blob: its end, then a few ranges.
     *
     * @param digest what the blob is called; it is not computed
     * @throws dev.naiad.base.error.NaiadException NOT_FOUND if the blob holds no bootstrap
     */
    public static NydusLayer read(Digest digest, ByteSource blob) {
        byte[] bootstrap = BlobReader.inlinedBootstrap(blob);
        return new NydusLayer(
                digest, blob.size(), bootstrap, blobMeta(blob), original(blob, bootstrap));
    }

    /** A layer that keeps its data elsewhere says where. */
    private static @Nullable Digest original(ByteSource blob, byte[] bootstrap) {
        var image = BootstrapReader.open(MemorySegment.ofArray(bootstrap), blob.name());
        return image.blobs().stream()
                .filter(info -> info.has(BlobFeatures.SEPARATE) && info.has(BlobFeatures.ZRAN))
                .findFirst()
                .map(info -> Digest.sha256(info.id()))
                .orElse(null);
    }

    private static byte[] blobMeta(ByteSource blob) {
        var toc = Toc.probe(blob);
        if (toc.isEmpty()) {
            return new byte[0];
        }
        var map = toc.get().find(SectionHeader.BLOB_META);
        var header = toc.get().find(SectionHeader.BLOB_META_HEADER);
        if (map.isEmpty() || header.isEmpty()) {
            return new byte[0];
        }
        byte[] records = BlobReader.content(blob, map.get());
        byte[] end = BlobReader.content(blob, header.get());
        byte[] whole = Arrays.copyOf(records, (int) BlobMeta.cacheFileSize(records.length));
        System.arraycopy(end, 0, whole, whole.length - end.length, end.length);
        return whole;
    }

    /** Whether these bytes are a Nydus layer: a blob that ends with its bootstrap. */
    public static boolean isOne(ByteSource blob) {
        var toc = Toc.probe(blob);
        if (toc.isPresent()) {
            return toc.get().find(SectionHeader.IMAGE_BOOT).isPresent();
        }
        return BlobSections.find(BlobSections.walk(blob), SectionHeader.IMAGE_BOOT).isPresent();
    }

    /** Whether a manifest says that this layer is a Nydus blob; compat: the key alone says it. */
    public static boolean isBlob(Descriptor layer) {
        return layer.annotations().containsKey(NydusAnnotations.BLOB);
    }

    /** Whether a manifest says that this layer holds an image's bootstrap. */
    public static boolean isBootstrap(Descriptor layer) {
        return layer.annotations().containsKey(NydusAnnotations.BOOTSTRAP);
    }

    /** The blob's entry in a manifest. */
    public Descriptor descriptor() {
        Descriptor plain =
                Descriptor.of(MediaTypes.NYDUS_BLOB, digest, size)
                        .withAnnotation(NydusAnnotations.BLOB, "true");
        Digest layer = original;
        return layer == null ? plain : plain.withAnnotation(NydusAnnotations.REF, layer.toString());
    }

    /** The layer as an input of {@link dev.naiad.builder.ImageMerger}. */
    public LayerBootstrap forMerge() {
        var bytes = MemorySegment.ofArray(bootstrap);
        Digest layer = original;
        if (layer == null) {
            return LayerBootstrap.of(digest.hex(), bytes, size);
        }
        // The blob holds the metadata alone: its digest and size are said beside the data's id.
        return new LayerBootstrap(
                "layer " + layer, layer.hex(), bytes, digest.hex(), size, null, -1);
    }

    /** The id by which the image's bootstrap knows the data: the layer's that holds them. */
    public String blobId() {
        Digest layer = original;
        return layer == null ? digest.hex() : layer.hex();
    }
}
