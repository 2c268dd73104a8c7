package dev.naiad.builder;

import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.chunk.BatchTable;
import dev.naiad.builder.chunk.BlobFinisher;
import dev.naiad.builder.chunk.BlobSink;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.stargz.StargzImage;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.SuperFlags;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.List;

/**
 * An image whose data are the gzip members of an eStargz layer, made of the layer's table of
 * contents: a bootstrap, and no blob.
 *
 * @param id of the layer
 * @param size of the layer in bytes
 */
record StargzLayer(BuildOptions options, ChunkStore store, BlobTable table, String id, long size) {
    private static final int BLOCK_SIZE = 4096;

    BuiltLayer build(String name, byte[] json) {
        var image =
                StargzImage.read(
                        name,
                        json,
                        options.chunkSize(),
                        options.explicitOwners(),
                        store,
                        table.ownIndex(),
                        size);
        var features = new BlobFeatures(BlobFeatures.CAP_TAR_TOC | BlobFeatures.ALIGNED);
        var blobs = table.before();
        byte[] cacheFile = new byte[0];
        if (image.chunks() > 0) {
            // What a daemon would find after the data of an ordinary blob.
            var nowhere = new BlobSink(Channels.newChannel(OutputStream.nullOutputStream()), name);
            var meta =
                    new BlobFinisher(nowhere, features, Compressor.NONE)
                            .meta(store, table.firstOwnChunk(), image.chunks());
            cacheFile = meta.cacheFile();
            var data =
                    new LayerData(image.chunks(), image.uncompressedSize(), new BatchTable(), null);
            blobs.add(
                    table.own(
                            features,
                            data,
                            meta.location(),
                            id,
                            size,
                            BlobInfo.TocLocation.ABSENT));
        }
        table.addDictionary(image.tree(), blobs);
        byte[] bootstrap =
                new V6Writer(image.tree(), store, blobs, options.chunkSize(), BLOCK_SIZE)
                        .write(
                                options.superFlags() | SuperFlags.ENCRYPTION_NONE,
                                image.tree().named(options.prefetchTable()));
        return new BuiltLayer(
                Digest.sha256Of(new byte[0]),
                0,
                bootstrap,
                cacheFile,
                List.copyOf(blobs),
                new BuildStatistics(
                        image.tree().count(),
                        json.length,
                        image.uncompressedSize(),
                        image.duplicates(),
                        0));
    }
}
