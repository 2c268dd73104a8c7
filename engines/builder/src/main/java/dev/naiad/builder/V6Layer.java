package dev.naiad.builder;

import dev.naiad.builder.chunk.BlobFinisher;
import dev.naiad.builder.chunk.BlobSink;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.rafs.blob.Toc;
import java.util.List;

/**
 * A v6 layer: its blob records where the chunks are, and may end with the bootstrap and a table of
 * contents. docs/formats/blob.md
 */
record V6Layer(BuildOptions options, ChunkStore store, BlobSink sink, BlobTable table)
        implements LayerFormat {
    private static final int BLOCK_SIZE = 4096;

    @Override
    public Written finish(FileTree tree, LayerData data) {
        var features = features(data);
        var finisher = new BlobFinisher(sink, features, metaCompressor(data), options.key());
        byte[] blobMeta = new byte[0];
        var blobs = table.before();
        if (data.chunks() > 0) {
            if (data.original() == null) {
                finisher.endData(data.uncompressedSize());
            }
            var meta = meta(finisher, data);
            if (options.toc()) {
                finisher.digests(store, table.firstOwnChunk(), data.chunks());
            }
            blobMeta = meta.cacheFile();
            blobs.add(inlined(features, data, meta.location()));
        }
        table.addDictionary(tree, blobs);
        byte[] bootstrap;
        byte[] sha256;
        if (options.inlineBootstrap()) {
            bootstrap = bootstrap(tree, blobs);
            finisher.bootstrap(bootstrap);
            if (options.toc()) {
                finisher.toc();
            }
            sha256 = sink.sha256();
        } else {
            var toc = BlobInfo.TocLocation.ABSENT;
            if (options.toc() && data.chunks() > 0) {
                byte[] stored = finisher.toc();
                toc = new BlobInfo.TocLocation(stored.length, Toc.digest(stored));
            }
            sha256 = sink.sha256();
            if (data.chunks() > 0) {
                var meta = blobs.get(table.ownIndex()).meta();
                blobs.set(table.ownIndex(), complete(features, data, meta, sha256, toc));
            }
            bootstrap = bootstrap(tree, blobs);
        }
        return new Written(sha256, bootstrap, blobMeta, List.copyOf(blobs), tree.count());
    }

    /** The data's compressor; what is not image data is always compressed. */
    private Compressor metaCompressor(LayerData data) {
        return data.original() == null ? options.compressor() : Compressor.ZSTD;
    }

    private BlobFinisher.WrittenMeta meta(BlobFinisher finisher, LayerData data) {
        int first = table.firstOwnChunk();
        var original = data.original();
        return original == null
                ? finisher.meta(store, first, data.chunks(), data.batches())
                : finisher.meta(
                        store,
                        first,
                        data.chunks(),
                        original.contexts(store, first, data.chunks()));
    }

    /** The blob as described by a bootstrap inlined in it. */
    private BlobInfo inlined(BlobFeatures features, LayerData data, BlobInfo.MetaLocation meta) {
        var original = data.original();
        return original == null
                ? table.own(
                        features,
                        data,
                        meta,
                        BlobTable.PLACEHOLDER_ID,
                        sink.position(),
                        BlobInfo.TocLocation.ABSENT)
                : table.original(features, data, meta, original, BlobTable.MetaBlob.UNKNOWN);
    }

    /** The blob once all of it is written. */
    private BlobInfo complete(
            BlobFeatures features,
            LayerData data,
            BlobInfo.MetaLocation meta,
            byte[] sha256,
            BlobInfo.TocLocation toc) {
        var original = data.original();
        return original == null
                ? table.own(features, data, meta, table.ownId(sha256), sink.position(), toc)
                : table.original(
                        features,
                        data,
                        meta,
                        original,
                        new BlobTable.MetaBlob(sha256, sink.position(), toc));
    }

    private BlobFeatures features(LayerData data) {
        int bits = BlobFeatures.CAP_TAR_TOC | BlobFeatures.ALIGNED;
        if (options.inlineBootstrap()) {
            bits |= BlobFeatures.INLINED_FS_META | BlobFeatures.HAS_TAR_HEADER;
        }
        if (options.batchSize() != 0) {
            bits |= BlobFeatures.BATCH | BlobFeatures.CHUNK_INFO_V2;
        }
        if (options.key() != null) {
            bits |= BlobFeatures.ENCRYPTED | BlobFeatures.CHUNK_INFO_V2;
        }
        if (options.toc()) {
            bits |= BlobFeatures.HAS_TOC | BlobFeatures.HAS_TAR_HEADER;
            if (data.chunks() > 0) {
                bits |= BlobFeatures.INLINED_CHUNK_DIGEST;
            }
        }
        var original = data.original();
        if (original != null) {
            bits |= BlobFeatures.SEPARATE | BlobFeatures.CHUNK_INFO_V2;
            bits |= original.index() == null ? 0 : BlobFeatures.ZRAN;
        }
        return new BlobFeatures(bits);
    }

    private byte[] bootstrap(FileTree tree, List<BlobInfo> blobs) {
        boolean encrypted =
                options.key() != null
                        || blobs.stream().anyMatch(blob -> blob.cipher() != Cipher.NONE);
        return new V6Writer(tree, store, blobs, options.chunkSize(), BLOCK_SIZE)
                .write(
                        options.superFlags()
                                | (encrypted
                                        ? SuperFlags.ENCRYPTION_AES_128_XTS
                                        : SuperFlags.ENCRYPTION_NONE),
                        tree.named(options.prefetchTable()));
    }
}
