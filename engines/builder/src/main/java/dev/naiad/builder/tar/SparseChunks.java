package dev.naiad.builder.tar;

import dev.naiad.builder.chunk.ChunkInput;
import org.jspecify.annotations.Nullable;

/**
 * Makes chunks of files with holes. A chunk that is entirely a hole is assembled once for a whole
 * archive: a sparse file of terabytes costs its chunk numbers, no more.
 */
final class SparseChunks {
    private final ChunkInput in;
    private final int chunkSize;
    // Who gets the number of the first chunk of zeros.
    private int @Nullable [] zeroOwner;
    private int zeroIndex;

    SparseChunks(ChunkInput in, int chunkSize) {
        this.in = in;
        this.chunkSize = chunkSize;
    }

    /**
     * Consumes the stretches of one file.
     *
     * @param size of the file with its holes, {@code chunks.length} chunks
     * @return false if the stream ends before
     */
    boolean read(SparseMap map, long size, int[] chunks) {
        int stretch = 0;
        long done = 0; // of the stretch
        int k = 0;
        while (k < chunks.length) {
            long start = (long) k * chunkSize;
            int length = (int) Math.min(chunkSize, size - start);
            long next = stretch < map.count() ? map.offset(stretch) : size;
            if (length == chunkSize && done == 0 && next >= start + length) {
                int holes = (int) Math.min((next - start) / chunkSize, size / chunkSize - k);
                hole(chunks, k, holes);
                k += holes;
                continue;
            }
            var assembly = in.assemble(length);
            while (stretch < map.count() && map.offset(stretch) < start + length) {
                long from = map.offset(stretch) + done;
                long end = map.offset(stretch) + map.length(stretch);
                int step = (int) (Math.min(end, start + length) - from);
                if (!assembly.copy((int) (from - start), step)) {
                    return false;
                }
                done += step;
                if (from + step < end) {
                    break;
                }
                stretch++;
                done = 0;
            }
            assembly.submit(chunks, k);
            k++;
        }
        return true;
    }

    private void hole(int[] chunks, int from, int count) {
        int first = from;
        if (zeroOwner == null) {
            in.assemble(chunkSize).submit(chunks, from);
            zeroOwner = chunks;
            zeroIndex = from;
            first++;
        }
        in.repeat(zeroOwner, zeroIndex, chunks, first, from + count);
    }
}
