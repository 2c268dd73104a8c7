package dev.naiad.builder;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkPipeline;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.rafs.Compressor;
import org.jspecify.annotations.Nullable;

/** The source of a layer's entries and data. */
@FunctionalInterface
interface BuildSource {
    /**
     * Reads the source once and sends its data through the pipeline.
     *
     * @throws dev.naiad.base.error.NaiadException naming the entry or offset that is wrong, or the
     *     source that failed
     */
    Content read(ChunkPipeline pipeline);

    /** How the pipeline compresses the data for the blob. */
    default Compressor compressor(BuildOptions options) {
        if (options.compressor() == Compressor.GZIP) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "compressor gzip cannot be chosen; use zstd");
        }
        return options.compressor();
    }

    /**
     * What was read.
     *
     * @param bytes how much of the source was read
     * @param original keeps the data; null if the image's own blob does
     */
    record Content(FileTree tree, long bytes, @Nullable OriginalLayer original) {
        Content(FileTree tree, long bytes) {
            this(tree, bytes, null);
        }
    }
}
