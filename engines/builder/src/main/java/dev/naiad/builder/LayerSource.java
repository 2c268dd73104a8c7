package dev.naiad.builder;

import dev.naiad.builder.chunk.ChunkPipeline;
import dev.naiad.builder.tree.FileTree;

/** Where the entries and the data of a layer come from. */
@FunctionalInterface
interface LayerSource {
    /**
     * Reads the source once and sends its data through the pipeline.
     *
     * @throws dev.naiad.base.error.NaiadException naming the entry or offset that is wrong, or the
     *     source that failed
     */
    Content read(ChunkPipeline pipeline);

    /**
     * What was read.
     *
     * @param bytes how much of the source was read
     */
    record Content(FileTree tree, long bytes) {}
}
