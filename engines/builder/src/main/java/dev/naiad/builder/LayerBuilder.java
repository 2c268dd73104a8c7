package dev.naiad.builder;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.BlobFinisher;
import dev.naiad.builder.chunk.BlobSink;
import dev.naiad.builder.chunk.ChunkPipeline;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.chunk.FileFeeder;
import dev.naiad.builder.chunk.InputWindow;
import dev.naiad.builder.chunk.PipelineOptions;
import dev.naiad.builder.directory.DirectoryData;
import dev.naiad.builder.directory.DirectoryScanner;
import dev.naiad.builder.tar.PrefixedChannel;
import dev.naiad.builder.tar.TarTreeBuilder;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.builder.v5.V5Writer;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.rafs.blob.Toc;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds the image of one layer: reads the source once, writes the blob once, both as streams, in
 * bounded memory. The same source and options give the same bytes, on any machine and with any
 * number of threads.
 */
public final class LayerBuilder {
    /** Stands in the blob table of a bootstrap that is written into its own blob. */
    private static final String PLACEHOLDER_ID = "x".repeat(64);

    private static final int BLOCK_SIZE = 4096;

    private final BuildOptions options;
    private final BlobSink sink;
    private final ChunkStore store = new ChunkStore();
    private final @Nullable ChunkDictionary dictionary;

    private final @Nullable ParentImage parent;

    private LayerBuilder(BuildOptions options, BlobSink sink, KnownImages known) {
        this.options = options;
        this.sink = sink;
        var below = known.parent();
        var shared = known.dictionary();
        if (below != null && shared != null) {
            throw new NaiadException(
                    ErrorKind.UNIMPLEMENTED,
                    "a chunk dictionary together with a parent bootstrap is not supported yet; give one of them");
        }
        parent = below == null ? null : new ParentImage(below, options, store);
        dictionary = shared == null ? null : new ChunkDictionary(shared, options, store);
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
     * @param known a parent or a chunk dictionary
     */
    public static BuiltLayer fromTar(
            String name,
            ReadableByteChannel tar,
            BuildOptions options,
            KnownImages known,
            WritableByteChannel blob) {
        var builder = new LayerBuilder(options, new BlobSink(blob, name + " (blob)"), known);
        ReadableByteChannel plain;
        try {
            plain = PrefixedChannel.plain(tar, name);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + ": cannot read: " + e.getMessage(), e);
        }
        return builder.build(
                pipeline -> {
                    var window = new InputWindow(pipeline, plain, name);
                    var tree =
                            new TarTreeBuilder(
                                            window, options.chunkSize(), options.explicitOwners())
                                    .build();
                    window.finish();
                    return new Source(tree, window.consumed());
                });
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
     * @param known a parent or a chunk dictionary
     */
    public static BuiltLayer fromDirectory(
            Path directory, BuildOptions options, KnownImages known, WritableByteChannel blob) {
        var tree =
                new DirectoryScanner(options.chunkSize(), options.explicitOwners()).scan(directory);
        if (known.parent() == null) {
            dropMarkers(tree, options.whiteouts());
        }
        var builder = new LayerBuilder(options, new BlobSink(blob, directory + " (blob)"), known);
        return builder.build(
                pipeline -> {
                    var feeder = new FileFeeder(pipeline);
                    var first =
                            options.prefetch() == PrefetchPolicy.NONE
                                    ? List.<TreeEntry>of()
                                    : matching(tree, options.patterns());
                    new DirectoryData(directory, feeder).feed(tree, first);
                    feeder.finish();
                    return new Source(tree, feeder.fed());
                });
    }

    /** Nothing lies below a first layer: what would remove something has nothing to do. */
    private static void dropMarkers(FileTree tree, WhiteoutSpec spec) {
        tree.forEachDirectory(
                directory ->
                        directory.children().stream()
                                .filter(spec::isMarker)
                                .toList()
                                .forEach(child -> directory.remove(child.name())));
    }

    record Source(FileTree tree, long inputBytes) {}

    @FunctionalInterface
    interface Reader {
        Source read(ChunkPipeline pipeline);
    }

    private record Data(int chunks, long uncompressedSize) {}

    private BuiltLayer build(Reader reader) {
        var pipelineOptions =
                new PipelineOptions(
                        options.compressor(),
                        options.digester(),
                        options.chunkSize(),
                        options.alignsChunks(),
                        options.threads());
        Source source;
        Data data;
        long duplicateChunks;
        long duplicateBytes;
        try (var pipeline = new ChunkPipeline(pipelineOptions, store, sink, ownBlob())) {
            source = reader.read(pipeline);
            pipeline.finish();
            data = new Data(pipeline.chunkCount(), pipeline.uncompressedSize());
            duplicateChunks = pipeline.duplicateChunks();
            duplicateBytes = pipeline.duplicateBytes();
        }
        var tree = parent == null ? source.tree : parent.under(source.tree, options.whiteouts());
        var written =
                options.version() == RafsVersion.V5 ? finishV5(tree, data) : finishV6(tree, data);
        var statistics =
                new BuildStatistics(
                        written.entries,
                        source.inputBytes,
                        data.uncompressedSize,
                        duplicateChunks,
                        duplicateBytes);
        return new BuiltLayer(
                Digest.of(Digest.Algorithm.SHA256, written.sha256),
                sink.position(),
                written.bootstrap,
                written.blobMeta,
                written.blobs,
                statistics);
    }

    @SuppressWarnings("ArrayRecordComponent") // handed over
    private record Written(
            byte[] sha256, byte[] bootstrap, byte[] blobMeta, List<BlobInfo> blobs, long entries) {}

    private BlobFeatures features(Data data) {
        int bits = BlobFeatures.CAP_TAR_TOC | BlobFeatures.ALIGNED;
        if (options.inlineBootstrap()) {
            bits |= BlobFeatures.INLINED_FS_META | BlobFeatures.HAS_TAR_HEADER;
        }
        if (options.toc()) {
            bits |= BlobFeatures.HAS_TOC | BlobFeatures.HAS_TAR_HEADER;
            if (data.chunks > 0) {
                bits |= BlobFeatures.INLINED_CHUNK_DIGEST;
            }
        }
        return new BlobFeatures(bits);
    }

    private Written finishV6(FileTree tree, Data data) {
        var features = features(data);
        var finisher = new BlobFinisher(sink, features, options.compressor());
        byte[] blobMeta = new byte[0];
        var blobs = parentBlobs();
        if (data.chunks > 0) {
            finisher.endData(data.uncompressedSize);
            var meta = finisher.meta(store, firstOwnChunk(), data.chunks);
            if (options.toc()) {
                finisher.digests(store, firstOwnChunk(), data.chunks);
            }
            blobMeta = meta.cacheFile();
            blobs.add(
                    blob(
                            features,
                            data,
                            meta.location(),
                            PLACEHOLDER_ID,
                            sink.position(),
                            BlobInfo.TocLocation.ABSENT));
        }
        addDictionary(tree, blobs);
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
            if (options.toc() && data.chunks > 0) {
                byte[] stored = finisher.toc();
                toc = new BlobInfo.TocLocation(stored.length, Toc.digest(stored));
            }
            sha256 = sink.sha256();
            if (data.chunks > 0) {
                String id = Digest.of(Digest.Algorithm.SHA256, sha256).hex();
                var meta = blobs.get(ownBlob()).meta();
                blobs.set(ownBlob(), blob(features, data, meta, id, sink.position(), toc));
            }
            bootstrap = bootstrap(tree, blobs);
        }
        return new Written(sha256, bootstrap, blobMeta, List.copyOf(blobs), tree.number());
    }

    /** A v5 blob is its chunk data; what describes it is in the bootstrap, which may follow it. */
    private Written finishV5(FileTree tree, Data data) {
        int bits = BlobFeatures.CAP_TAR_TOC | (options.aligned() ? BlobFeatures.ALIGNED : 0);
        if (options.inlineBootstrap()) {
            bits |= BlobFeatures.INLINED_FS_META | BlobFeatures.HAS_TAR_HEADER;
        }
        var features = new BlobFeatures(bits);
        var finisher = new BlobFinisher(sink, features, options.compressor());
        var blobs = parentBlobs();
        var absent = BlobInfo.MetaLocation.ABSENT;
        if (data.chunks > 0) {
            finisher.endData(data.uncompressedSize);
        }
        byte[] sha256 = new byte[0];
        String id = PLACEHOLDER_ID;
        if (!options.inlineBootstrap()) {
            sha256 = sink.sha256();
            id = Digest.of(Digest.Algorithm.SHA256, sha256).hex();
        }
        if (data.chunks > 0) {
            blobs.add(
                    blob(features, data, absent, id, sink.position(), BlobInfo.TocLocation.ABSENT));
        }
        addDictionary(tree, blobs);
        byte[] bootstrap = bootstrap(tree, blobs);
        if (options.inlineBootstrap()) {
            finisher.bootstrap(bootstrap);
            sha256 = sink.sha256();
        }
        return new Written(sha256, bootstrap, new byte[0], List.copyOf(blobs), tree.number());
    }

    private int firstOwnChunk() {
        if (parent != null) {
            return parent.firstOwnChunk();
        }
        return dictionary == null ? 0 : dictionary.firstOwnChunk();
    }

    /** The place of the new blob in the blob table: behind those of the parent. */
    private int ownBlob() {
        return parent == null ? 0 : parent.blobs().size();
    }

    private List<BlobInfo> parentBlobs() {
        return parent == null ? new ArrayList<>() : new ArrayList<>(parent.blobs());
    }

    private void addDictionary(FileTree tree, List<BlobInfo> blobs) {
        if (dictionary != null) {
            blobs.addAll(dictionary.usedBlobs(tree, blobs.size()));
        }
    }

    private BlobInfo blob(
            BlobFeatures features,
            Data data,
            BlobInfo.MetaLocation meta,
            String id,
            long size,
            BlobInfo.TocLocation toc) {
        return new BlobInfo(
                ownBlob(),
                id,
                options.chunkSize(),
                data.chunks,
                options.compressor(),
                options.digester(),
                features,
                size,
                data.uncompressedSize,
                meta,
                toc,
                new byte[32],
                0,
                Cipher.NONE,
                new byte[0],
                new byte[0],
                0,
                0,
                0);
    }

    private byte[] bootstrap(FileTree tree, List<BlobInfo> blobs) {
        long flags =
                options.compressor().superFlag()
                        | options.digester().superFlag()
                        | (options.explicitOwners() ? SuperFlags.EXPLICIT_UID_GID : 0);
        if (options.version() == RafsVersion.V5) {
            return new V5Writer(tree, store, blobs, options.chunkSize(), options.digester())
                    .write(flags, prefetch(tree));
        }
        return new V6Writer(tree, store, blobs, options.chunkSize(), BLOCK_SIZE)
                .write(flags | SuperFlags.ENCRYPTION_NONE, prefetch(tree));
    }

    private List<TreeEntry> prefetch(FileTree tree) {
        return options.prefetch() == PrefetchPolicy.FS
                ? matching(tree, options.patterns())
                : List.of();
    }

    /** The entries that patterns name exactly, in the order of the patterns. */
    static List<TreeEntry> matching(FileTree tree, List<String> patterns) {
        var result = new ArrayList<TreeEntry>();
        for (var pattern : patterns) {
            var entry = tree.find(pattern.getBytes(StandardCharsets.UTF_8));
            if (entry != null) {
                result.add(entry);
            }
        }
        return result;
    }
}
