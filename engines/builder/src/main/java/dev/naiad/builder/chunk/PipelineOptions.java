package dev.naiad.builder.chunk;

import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import org.jspecify.annotations.Nullable;

/**
 * How chunks are made.
 *
 * @param aligned whether chunks begin at multiples of 4096 in the uncompressed blob
 * @param batchSize upper bound of what small files are collected in, 0 for no batches
 * @param key of the blob's encryption, or null for none
 * @param threads workers that digest and compress
 */
public record PipelineOptions(
        Compressor compressor,
        Digester digester,
        int chunkSize,
        boolean aligned,
        int batchSize,
        @Nullable BlobKey key,
        int threads) {

    /** Whether a chunk is stored in a batch: it is all of a small file. */
    boolean batches(int chunksOfFile, int length) {
        return chunksOfFile == 1 && length < batchSize / 2;
    }
}
