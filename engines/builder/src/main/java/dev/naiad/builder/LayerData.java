package dev.naiad.builder;

import dev.naiad.builder.chunk.BatchTable;
import org.jspecify.annotations.Nullable;

/**
 * The data of a layer, and where it is.
 *
 * @param uncompressedSize in bytes, with what aligns the chunks
 * @param original keeps the data; null if the layer's own blob does
 */
record LayerData(
        int chunks, long uncompressedSize, BatchTable batches, @Nullable OriginalLayer original) {}
