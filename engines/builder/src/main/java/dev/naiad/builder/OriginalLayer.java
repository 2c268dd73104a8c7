package dev.naiad.builder;

import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.chunk.ContextTable;
import dev.naiad.builder.reference.ZranIndex;
import org.jspecify.annotations.Nullable;

/**
 * The layer that keeps the data of an image which only refers to it.
 *
 * @param id SHA-256 of the layer as it is stored
 * @param size of it in bytes
 * @param index how to get into it if it is compressed, else null
 */
record OriginalLayer(String id, long size, @Nullable ZranIndex index) {

    ContextTable contexts(ChunkStore store, int first, int count) {
        return index == null ? ContextTable.EMPTY : index.table(store, first, count);
    }
}
