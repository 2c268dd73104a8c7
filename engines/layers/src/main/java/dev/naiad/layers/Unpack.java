package dev.naiad.layers;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.ImageUnpacker;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * Makes the OCI layer of a Nydus layer again: every entry with content, mode, owner, times,
 * attributes and links, whiteouts included. Every chunk is checked against its digest. What RAFS
 * does not hold cannot come back: names of users, the order of the entries, and sockets.
 */
public final class Unpack {
    private Unpack() {}

    /**
     * Unpacks a layer that holds all its data.
     *
     * @param blob read at many places; {@link WindowedSource} makes few requests of that
     * @param tar receives the plain archive ({@link CompressedLayer} compresses it); not closed
     * @throws NaiadException NOT_FOUND if it is not a Nydus layer, FAILED_PRECONDITION if its data
     *     lie elsewhere
     */
    public static void layer(ByteSource blob, OutputStream tar) {
        layer(
                blob,
                info -> {
                    throw new NaiadException(
                            ErrorKind.FAILED_PRECONDITION,
                            blob.name()
                                    + ": its data are in blob "
                                    + info.id()
                                    + ", which is needed too");
                },
                tar);
    }

    /**
     * Unpacks a layer that may refer to other blobs.
     *
     * @param others opens the blobs of a chunk dictionary or of a parent image, or the OCI layer
     *     that the blob describes
     * @param tar see {@link #layer(ByteSource, OutputStream)}
     */
    public static void layer(
            ByteSource blob, Function<BlobInfo, ByteSource> others, OutputStream tar) {
        byte[] bootstrap = BlobReader.inlinedBootstrap(blob);
        var image = BootstrapReader.open(MemorySegment.ofArray(bootstrap), blob.name());
        ImageUnpacker.unpackLayer(
                image, info -> isOwn(info) ? blob : others.apply(info), tar, blob.name());
    }

    /** A bootstrap inside its blob cannot know the blob's id. */
    private static boolean isOwn(BlobInfo info) {
        return info.hasPlaceholderId() && !info.has(BlobFeatures.SEPARATE);
    }
}
