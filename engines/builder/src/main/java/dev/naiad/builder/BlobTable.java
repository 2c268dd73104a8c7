package dev.naiad.builder;

import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The blobs that a layer's bootstrap names, in order: those of the parent, the layer's own, those
 * of the chunk dictionary that are in use.
 */
final class BlobTable {
    /** The blob id in the blob table of a bootstrap that is inlined in its own blob. */
    static final String PLACEHOLDER_ID = "x".repeat(64);

    private final BuildOptions options;
    private final @Nullable ParentImage parent;
    private final @Nullable ChunkDictionary dictionary;
    private final int firstOwnChunk;

    /**
     * @param firstOwnChunk chunks that parent and dictionary have
     */
    BlobTable(
            BuildOptions options,
            @Nullable ParentImage parent,
            @Nullable ChunkDictionary dictionary,
            int firstOwnChunk) {
        this.options = options;
        this.parent = parent;
        this.dictionary = dictionary;
        this.firstOwnChunk = firstOwnChunk;
    }

    /** The number of the first chunk that the layer itself stores. */
    int firstOwnChunk() {
        return firstOwnChunk;
    }

    /** The index of the layer's own blob. */
    int ownIndex() {
        return parent == null ? 0 : parent.blobs().size();
    }

    /** The id of the layer's own blob, known once all of it is written. */
    String ownId(byte[] sha256) {
        String chosen = options.blobId();
        return chosen != null ? chosen : Digest.of(Digest.Algorithm.SHA256, sha256).hex();
    }

    /** The blobs before the layer's own. */
    List<BlobInfo> before() {
        return parent == null ? new ArrayList<>() : new ArrayList<>(parent.blobs());
    }

    /** Adds the blobs that follow the layer's own. */
    void addDictionary(FileTree tree, List<BlobInfo> blobs) {
        if (dictionary != null) {
            blobs.addAll(dictionary.usedBlobs(tree, blobs.size()));
        }
    }

    /** The layer that keeps the data, in place of a blob of its own. */
    BlobInfo original(
            BlobFeatures features,
            LayerData data,
            BlobInfo.MetaLocation meta,
            OriginalLayer layer,
            MetaBlob metaBlob) {
        return blob(features, data, meta, layer.id(), layer.size(), metaBlob.toc(), metaBlob);
    }

    /** The layer's own blob. */
    BlobInfo own(
            BlobFeatures features,
            LayerData data,
            BlobInfo.MetaLocation meta,
            String id,
            long size,
            BlobInfo.TocLocation toc) {
        return blob(features, data, meta, id, size, toc, MetaBlob.UNKNOWN);
    }

    /**
     * The blob that says where the chunks in an original layer are.
     *
     * @param sha256 of it, its name; zeros if it holds the bootstrap too, which cannot know
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over
    record MetaBlob(byte[] sha256, long size, BlobInfo.TocLocation toc) {
        static final MetaBlob UNKNOWN = new MetaBlob(new byte[32], 0, BlobInfo.TocLocation.ABSENT);
    }

    private BlobInfo blob(
            BlobFeatures features,
            LayerData data,
            BlobInfo.MetaLocation meta,
            String id,
            long size,
            BlobInfo.TocLocation toc,
            MetaBlob metaBlob) {
        var key = options.key();
        return new BlobInfo(
                ownIndex(),
                id,
                options.chunkSize(),
                data.chunks(),
                options.compressor(),
                options.digester(),
                features,
                size,
                data.uncompressedSize(),
                meta,
                toc,
                metaBlob.sha256(),
                metaBlob.size(),
                key == null ? Cipher.NONE : Cipher.AES_128_XTS,
                key == null ? new byte[0] : key.key(),
                key == null ? new byte[0] : key.iv(),
                0,
                0,
                0);
    }
}
