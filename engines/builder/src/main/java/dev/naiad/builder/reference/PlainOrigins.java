package dev.naiad.builder.reference;

import dev.naiad.builder.chunk.ChunkOrigin;
import dev.naiad.builder.chunk.OriginTracker;

/** Chunks of an uncompressed layer: they are stored where they are read. */
public final class PlainOrigins implements OriginTracker {
    private final LayerInput layer;
    private long chunkAt;

    public PlainOrigins(LayerInput layer) {
        this.layer = layer;
    }

    @Override
    public void begin() {
        chunkAt = layer.position();
    }

    @Override
    public ChunkOrigin end() {
        return new ChunkOrigin(chunkAt, (int) (layer.position() - chunkAt), ChunkOrigin.PLAIN, 0);
    }
}
