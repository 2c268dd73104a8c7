package dev.naiad.builder;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.BlobSink;
import dev.naiad.builder.chunk.ChunkPipeline;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.chunk.PipelineOptions;
import dev.naiad.builder.load.TreeLoader;
import dev.naiad.builder.reference.PlainBytes;
import dev.naiad.builder.reference.ZranIndex;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.RafsVersion;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds the image of one layer: reads the source once, writes the blob once, both as streams, in
 * bounded memory. The same source and options give the same bytes, on any machine and with any
 * number of threads.
 */
public final class LayerBuilder {
    private final BuildOptions options;
    private final BlobSink sink;
    private final ChunkStore store = new ChunkStore();
    private final @Nullable ParentImage parent;
    private final BlobTable table;

    private LayerBuilder(BuildOptions options, BlobSink sink, KnownImages known) {
        this.options = options;
        this.sink = sink;
        var below = known.parent();
        var shared = known.dictionary();
        // One loader, so that a chunk known to both is one chunk. The dictionary's come first.
        var loader = new TreeLoader(store, true);
        var before = below == null ? List.<BlobInfo>of() : below.blobs();
        var dictionary =
                shared == null ? null : new ChunkDictionary(shared, options, store, loader, before);
        parent = below == null ? null : new ParentImage(below, options, loader);
        table = new BlobTable(options, parent, dictionary, store.count());
    }

    /**
     * Builds from a tar archive, plain or gzip.
     *
     * @param name of the source, for errors
     * @param tar read to its end, not closed
     * @param blob receives the blob; nothing if there is neither data nor an inlined bootstrap; not
     *     closed
     * @throws NaiadException naming the entry or offset that is wrong, or the channel that failed
     */
    public static BuiltLayer fromTar(
            String name, ReadableByteChannel tar, BuildOptions options, WritableByteChannel blob) {
        return fromTar(name, tar, options, KnownImages.NONE, blob);
    }

    /**
     * The same with images that the build refers to.
     *
     * @param known a parent, a chunk dictionary, or both
     */
    public static BuiltLayer fromTar(
            String name,
            ReadableByteChannel tar,
            BuildOptions options,
            KnownImages known,
            WritableByteChannel blob) {
        return new LayerBuilder(options, sink(blob, name, options), known)
                .build(new TarSource(name, tar, options, known.parent() != null));
    }

    /**
     * Describes a layer, a plain or gzip tar archive, that keeps its data: the blob says where each
     * chunk is, followed by what the options ask for.
     *
     * @param layer read to its end, not closed
     * @param options as {@link BuildOptions#forReference} made them
     */
    public static BuiltLayer fromReference(
            String name,
            ReadableByteChannel layer,
            BuildOptions options,
            KnownImages known,
            WritableByteChannel blob) {
        return fromReference(name, layer, options, known, blob, PlainBytes.UNSEEN);
    }

    /**
     * The same, with a receiver for the bytes of the archive.
     *
     * @param plain sees the uncompressed archive
     */
    public static BuiltLayer fromReference(
            String name,
            ReadableByteChannel layer,
            BuildOptions options,
            KnownImages known,
            WritableByteChannel blob,
            PlainBytes plain) {
        return fromReference(name, layer, options, known, blob, plain, ZranIndex.Limits.DEFAULT);
    }

    static BuiltLayer fromReference(
            String name,
            ReadableByteChannel layer,
            BuildOptions options,
            KnownImages known,
            WritableByteChannel blob,
            PlainBytes plain,
            ZranIndex.Limits limits) {
        return new LayerBuilder(options, sink(blob, name, options), known)
                .build(
                        new ReferenceSource(
                                name, layer, options, known.parent() != null, plain, limits));
    }

    /**
     * Describes an eStargz layer by its table of contents; the layer itself is the blob.
     *
     * @param name of the table, for errors
     * @param json the table
     * @param layerId of the layer, and {@code layerSize} in bytes
     * @param options as {@link BuildOptions#forReference} made them
     */
    public static BuiltLayer fromStargzToc(
            String name,
            byte[] json,
            String layerId,
            long layerSize,
            BuildOptions options,
            KnownImages known) {
        var sink = new BlobSink(Channels.newChannel(OutputStream.nullOutputStream()), name);
        var builder = new LayerBuilder(options, sink, known);
        if (builder.parent != null) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    name + ": a table of contents cannot be built on a parent; merge instead");
        }
        return new StargzLayer(options, builder.store, builder.table, layerId, layerSize)
                .build(name, json);
    }

    /**
     * Builds from a directory.
     *
     * @param blob see {@link #fromTar(String, ReadableByteChannel, BuildOptions,
     *     WritableByteChannel)}
     */
    public static BuiltLayer fromDirectory(
            Path directory, BuildOptions options, WritableByteChannel blob) {
        return fromDirectory(directory, options, KnownImages.NONE, blob);
    }

    /**
     * The same with images that the build refers to.
     *
     * @param known a parent, a chunk dictionary, or both
     */
    public static BuiltLayer fromDirectory(
            Path directory, BuildOptions options, KnownImages known, WritableByteChannel blob) {
        return fromDirectory(directory, options, known, tree -> {}, blob);
    }

    /**
     * The same for a part of the directory.
     *
     * @param change leaves files out of the tree before their data is read
     */
    public static BuiltLayer fromDirectory(
            Path directory,
            BuildOptions options,
            KnownImages known,
            Consumer<FileTree> change,
            WritableByteChannel blob) {
        return new LayerBuilder(options, sink(blob, directory.toString(), options), known)
                .build(new DirectorySource(directory, options, known.parent() == null, change));
    }

    private static BlobSink sink(WritableByteChannel blob, String source, BuildOptions options) {
        return new BlobSink(blob, source + " (blob)", options.blobOffset());
    }

    private BuiltLayer build(BuildSource source) {
        var pipelineOptions =
                new PipelineOptions(
                        source.compressor(options),
                        options.digester(),
                        options.chunkSize(),
                        options.alignsChunks(),
                        options.batchSize(),
                        options.key(),
                        options.threads());
        BuildSource.Content content;
        LayerData data;
        long duplicateChunks;
        long duplicateBytes;
        try (var pipeline = new ChunkPipeline(pipelineOptions, store, sink, table.ownIndex())) {
            content = source.read(pipeline);
            pipeline.finish();
            data =
                    new LayerData(
                            pipeline.chunkCount(),
                            pipeline.uncompressedSize(),
                            pipeline.batches(),
                            content.original());
            duplicateChunks = pipeline.duplicateChunks();
            duplicateBytes = pipeline.duplicateBytes();
        }
        var tree =
                parent == null ? content.tree() : parent.under(content.tree(), options.whiteouts());
        var written = format().finish(tree, data);
        var statistics =
                new BuildStatistics(
                        written.entries(),
                        content.bytes(),
                        data.uncompressedSize(),
                        duplicateChunks,
                        duplicateBytes);
        return new BuiltLayer(
                Digest.of(Digest.Algorithm.SHA256, written.sha256()),
                sink.written(),
                written.bootstrap(),
                written.blobMeta(),
                written.blobs(),
                statistics);
    }

    private LayerFormat format() {
        return options.version() == RafsVersion.V5
                ? new V5Layer(options, store, sink, table)
                : new V6Layer(options, store, sink, table);
    }
}
