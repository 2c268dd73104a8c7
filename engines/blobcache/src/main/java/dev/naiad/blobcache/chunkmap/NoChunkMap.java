package dev.naiad.blobcache.chunkmap;

/** For a blob without a cache file: nothing is ever ready, so that each read fetches. */
public record NoChunkMap(int count) implements ChunkMap {
    @Override
    public boolean isReady(int chunk) {
        return false;
    }

    @Override
    public void setReady(int chunk) {
        throw new IllegalStateException(
                "chunk " + chunk + ": there is no cache file that could hold it");
    }

    @Override
    public void clear(int chunk) {}

    @Override
    public int readyCount() {
        return 0;
    }

    @Override
    public void close() {}
}
