package dev.naiad.builder;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import java.util.List;

/**
 * How a layer becomes an image.
 *
 * @param chunkSize a power of two from 4 KiB to 16 MiB
 * @param inlineBootstrap the blob ends with its bootstrap
 * @param toc the blob ends with digests and a table of contents
 * @param explicitOwners false stores every uid and gid as 0 ({@code --repeatable})
 * @param prefetch what to do with {@code patterns}
 * @param patterns absolute paths, in order
 * @param threads workers; the result does not depend on it
 */
public record BuildOptions(
        RafsVersion version,
        Compressor compressor,
        Digester digester,
        int chunkSize,
        WhiteoutSpec whiteouts,
        boolean inlineBootstrap,
        boolean toc,
        boolean explicitOwners,
        boolean aligned,
        PrefetchPolicy prefetch,
        List<String> patterns,
        int threads) {

    public BuildOptions {
        if (!BlobLimits.isChunkSize(chunkSize)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "chunk size 0x"
                            + Integer.toHexString(chunkSize)
                            + " is not a power of two from 0x1000 to 0x1000000");
        }
        if (compressor == Compressor.GZIP) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "compressor gzip cannot be chosen; use zstd");
        }
        if (toc && version == RafsVersion.V5) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "feature blob-toc needs --fs-version 6");
        }
        patterns = List.copyOf(patterns);
    }

    /** The defaults of {@code nydus-image create}. */
    public static BuildOptions defaults() {
        return new BuildOptions(
                RafsVersion.V6,
                Compressor.ZSTD,
                Digester.BLAKE3,
                0x100000,
                WhiteoutSpec.OCI,
                false,
                false,
                true,
                false,
                PrefetchPolicy.NONE,
                List.of(),
                Runtime.getRuntime().availableProcessors());
    }

    /**
     * What an image converter asks for, layer by layer: bootstrap and table of contents inside the
     * blob, everything prefetched.
     */
    public static BuildOptions forConversion() {
        return defaults()
                .withWhiteouts(WhiteoutSpec.NONE)
                .withInlineBootstrap(true)
                .withToc(true)
                .withPrefetch(PrefetchPolicy.FS, List.of("/"));
    }

    /** Chunks of v6 images always begin at multiples of 4096. */
    public boolean alignsChunks() {
        return aligned || version == RafsVersion.V6;
    }

    public BuildOptions withVersion(RafsVersion value) {
        return new BuildOptions(
                value,
                compressor,
                digester,
                chunkSize,
                whiteouts,
                inlineBootstrap,
                toc,
                explicitOwners,
                aligned,
                prefetch,
                patterns,
                threads);
    }

    public BuildOptions withCompressor(Compressor value) {
        return new BuildOptions(
                version,
                value,
                digester,
                chunkSize,
                whiteouts,
                inlineBootstrap,
                toc,
                explicitOwners,
                aligned,
                prefetch,
                patterns,
                threads);
    }

    public BuildOptions withDigester(Digester value) {
        return new BuildOptions(
                version,
                compressor,
                value,
                chunkSize,
                whiteouts,
                inlineBootstrap,
                toc,
                explicitOwners,
                aligned,
                prefetch,
                patterns,
                threads);
    }

    public BuildOptions withChunkSize(int value) {
        return new BuildOptions(
                version,
                compressor,
                digester,
                value,
                whiteouts,
                inlineBootstrap,
                toc,
                explicitOwners,
                aligned,
                prefetch,
                patterns,
                threads);
    }

    public BuildOptions withWhiteouts(WhiteoutSpec value) {
        return new BuildOptions(
                version,
                compressor,
                digester,
                chunkSize,
                value,
                inlineBootstrap,
                toc,
                explicitOwners,
                aligned,
                prefetch,
                patterns,
                threads);
    }

    public BuildOptions withInlineBootstrap(boolean value) {
        return new BuildOptions(
                version,
                compressor,
                digester,
                chunkSize,
                whiteouts,
                value,
                toc,
                explicitOwners,
                aligned,
                prefetch,
                patterns,
                threads);
    }

    public BuildOptions withToc(boolean value) {
        return new BuildOptions(
                version,
                compressor,
                digester,
                chunkSize,
                whiteouts,
                inlineBootstrap,
                value,
                explicitOwners,
                aligned,
                prefetch,
                patterns,
                threads);
    }

    public BuildOptions withExplicitOwners(boolean value) {
        return new BuildOptions(
                version,
                compressor,
                digester,
                chunkSize,
                whiteouts,
                inlineBootstrap,
                toc,
                value,
                aligned,
                prefetch,
                patterns,
                threads);
    }

    public BuildOptions withAligned(boolean value) {
        return new BuildOptions(
                version,
                compressor,
                digester,
                chunkSize,
                whiteouts,
                inlineBootstrap,
                toc,
                explicitOwners,
                value,
                prefetch,
                patterns,
                threads);
    }

    public BuildOptions withPrefetch(PrefetchPolicy value, List<String> newPatterns) {
        return new BuildOptions(
                version,
                compressor,
                digester,
                chunkSize,
                whiteouts,
                inlineBootstrap,
                toc,
                explicitOwners,
                aligned,
                value,
                newPatterns,
                threads);
    }

    public BuildOptions withThreads(int value) {
        return new BuildOptions(
                version,
                compressor,
                digester,
                chunkSize,
                whiteouts,
                inlineBootstrap,
                toc,
                explicitOwners,
                aligned,
                prefetch,
                patterns,
                value);
    }
}
