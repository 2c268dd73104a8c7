package dev.naiad.builder;

import dev.naiad.builder.chunk.BlobFinisher;
import dev.naiad.builder.chunk.BlobSink;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.v5.V5Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** A v5 layer: its blob holds only chunk data; the bootstrap describes it. */
record V5Layer(BuildOptions options, ChunkStore store, BlobSink sink, BlobTable table)
        implements LayerFormat {
    @Override
    public Written finish(FileTree tree, LayerData data) {
        int bits = BlobFeatures.CAP_TAR_TOC | (options.aligned() ? BlobFeatures.ALIGNED : 0);
        if (options.inlineBootstrap()) {
            bits |= BlobFeatures.INLINED_FS_META | BlobFeatures.HAS_TAR_HEADER;
        }
        var features = new BlobFeatures(bits);
        var finisher = new BlobFinisher(sink, features, options.compressor());
        var blobs = table.before();
        if (data.chunks() > 0) {
            finisher.endData(data.uncompressedSize());
        }
        byte[] sha256 = new byte[0];
        String id = BlobTable.PLACEHOLDER_ID;
        if (!options.inlineBootstrap()) {
            sha256 = sink.sha256();
            id = table.ownId(sha256);
        }
        if (data.chunks() > 0) {
            blobs.add(
                    table.own(
                                    features,
                                    data,
                                    BlobInfo.MetaLocation.ABSENT,
                                    id,
                                    sink.position(),
                                    BlobInfo.TocLocation.ABSENT)
                            .withReadahead(readahead(tree, data)));
        }
        table.addDictionary(tree, blobs);
        byte[] bootstrap =
                new V5Writer(tree, store, blobs, options.chunkSize(), options.digester())
                        .write(options.superFlags(), tree.named(options.prefetchTable()));
        if (options.inlineBootstrap()) {
            finisher.bootstrap(bootstrap);
            sha256 = sink.sha256();
        }
        return new Written(sha256, bootstrap, new byte[0], List.copyOf(blobs), tree.count());
    }

    /** The length of the blob's leading part that holds only data of prefetched files. */
    private long readahead(FileTree tree, LayerData data) {
        var wanted = new BitSet();
        if (options.prefetch() != PrefetchPolicy.NONE) {
            for (var entry : tree.named(options.patterns())) {
                FileTree.forEachBelow(
                        entry, file -> Arrays.stream(file.inode().chunks()).forEach(wanted::set));
            }
        }
        int first = table.firstOwnChunk();
        int number = first;
        while (number < first + data.chunks() && wanted.get(number)) {
            number++;
        }
        return number == first
                ? 0
                : store.compressedOffset(number - 1) + store.compressedSize(number - 1);
    }
}
