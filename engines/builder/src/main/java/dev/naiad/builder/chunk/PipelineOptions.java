package dev.naiad.builder.chunk;

import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;

/**
 * How chunks are made.
 *
 * @param threads workers that digest and compress
 * @param aligned whether chunks begin at multiples of 4096 in the uncompressed blob
 */
public record PipelineOptions(
        Compressor compressor, Digester digester, int chunkSize, boolean aligned, int threads) {}
