package dev.naiad.builder.chunk;

import java.lang.foreign.MemorySegment;

/**
 * Puts the content of files into the pipeline, packed, in the order of the calls. For one thread.
 */
public final class FileFeeder {
    private final ChunkPipeline pipeline;
    private final int chunkSize;
    private WorkUnit unit;
    private int position;
    private long fed;

    public FileFeeder(ChunkPipeline pipeline) {
        this.pipeline = pipeline;
        this.chunkSize = pipeline.options().chunkSize();
        this.unit = pipeline.acquire();
    }

    /** Fills {@code target} with the file's bytes from {@code offset}, or throws. */
    @FunctionalInterface
    public interface Content {
        void read(long offset, MemorySegment target);
    }

    /**
     * Adds a file.
     *
     * @param owner gets the numbers of its chunks by the time the pipeline is finished
     */
    public void add(Content content, long size, int[] owner) {
        for (int k = 0; k < owner.length; k++) {
            long offset = (long) k * chunkSize;
            int length = (int) Math.min(chunkSize, size - offset);
            if (unit.isFull() || unit.input.byteSize() - position < length) {
                pipeline.submit(unit);
                unit = pipeline.acquire();
                position = 0;
            }
            content.read(offset, unit.input.asSlice(position, length));
            unit.add(position, length, owner, k);
            position += length;
        }
        fed += size;
    }

    /** Bytes added. */
    public long fed() {
        return fed;
    }

    /** Submits the rest; nothing more can be added. */
    public void finish() {
        pipeline.submit(unit);
    }
}
