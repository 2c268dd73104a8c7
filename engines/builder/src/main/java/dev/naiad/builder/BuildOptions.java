package dev.naiad.builder;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.BlobKey;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a layer becomes an image.
 *
 * @param chunkSize a power of two from 4 KiB to 16 MiB
 * @param inlineBootstrap the blob ends with its bootstrap
 * @param toc the blob ends with digests and a table of contents
 * @param explicitOwners false stores every uid and gid as 0 ({@code --repeatable})
 * @param prefetch what to do with {@code patterns}
 * @param patterns absolute paths, in order
 * @param batchSize what small files are collected in: 0 for no batches, else a power of two from 4
 *     KiB to the chunk size
 * @param key of the blob's encryption, or null for none; each blob has its own
 * @param blobId name of the blob; null for its SHA-256
 * @param blobOffset where in its file the blob will begin: what it says of places counts from the
 *     start of the file
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
        int batchSize,
        @Nullable BlobKey key,
        @Nullable String blobId,
        long blobOffset,
        int threads) {

    private static final String ID_OF_V5 = "[0-9A-Za-z._-]{1,255}";
    // A device slot has room for 64 bytes, and readers want all of them.
    private static final String ID_OF_V6 = "[0-9A-Za-z._-]{64}";

    public BuildOptions {
        if (!BlobLimits.isChunkSize(chunkSize)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "chunk size 0x"
                            + Integer.toHexString(chunkSize)
                            + " is not a power of two from 0x1000 to 0x1000000");
        }
        if (toc && version == RafsVersion.V5) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "feature blob-toc needs --fs-version 6");
        }
        if (batchSize != 0 && (!BlobLimits.isChunkSize(batchSize) || batchSize > chunkSize)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "batch size 0x"
                            + Integer.toHexString(batchSize)
                            + " is neither 0 nor a power of two from 0x1000 to the chunk size 0x"
                            + Integer.toHexString(chunkSize));
        }
        if (version == RafsVersion.V5 && (batchSize != 0 || key != null)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    (key != null ? "encryption" : "a batch size") + " needs --fs-version 6");
        }
        checkBlob(version, blobId, blobOffset, inlineBootstrap || toc);
        patterns = List.copyOf(patterns);
    }

    private static void checkBlob(
            RafsVersion version, @Nullable String id, long offset, boolean headers) {
        if (id != null && !id.matches(version == RafsVersion.V5 ? ID_OF_V5 : ID_OF_V6)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "blob id \""
                            + id
                            + "\" is not "
                            + (version == RafsVersion.V5 ? "1 to 255" : "64")
                            + " letters, digits, dots, dashes and underscores");
        }
        if (offset < 0 || offset > BlobLimits.MAX_COMPRESSED_SIZE) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "blob offset " + offset + " is not below 2^40");
        }
        if (offset != 0 && headers) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "a blob with an offset cannot hold its bootstrap or a table of contents,"
                            + " which are found from the end of a file");
        }
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
                0,
                null,
                null,
                0,
                Runtime.getRuntime().availableProcessors());
    }

    /**
     * The options of an image converter for each layer: bootstrap and table of contents inside the
     * blob, everything prefetched.
     */
    public static BuildOptions forConversion() {
        return defaults()
                .withWhiteouts(WhiteoutSpec.NONE)
                .withInlineBootstrap(true)
                .withToc(true)
                .withPrefetch(PrefetchPolicy.FS, List.of("/"));
    }

    /** The same for an image whose data stays in the original layer. */
    public BuildOptions forReference() {
        if (version == RafsVersion.V5) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "a reference to the original layer needs --fs-version 6");
        }
        return withCompressor(Compressor.GZIP).withDigester(Digester.SHA256);
    }

    /** Chunks of v6 images always begin at multiples of 4096. */
    public boolean alignsChunks() {
        return aligned || version == RafsVersion.V6;
    }

    /** The superblock flags of these options. */
    long superFlags() {
        return compressor.superFlag()
                | digester.superFlag()
                | (explicitOwners ? SuperFlags.EXPLICIT_UID_GID : 0);
    }

    /** The paths that a bootstrap's prefetch table names. */
    public List<String> prefetchTable() {
        return prefetch == PrefetchPolicy.FS ? patterns : List.of();
    }

    public BuildOptions withVersion(RafsVersion value) {
        return with(fields -> fields.version = value);
    }

    public BuildOptions withCompressor(Compressor value) {
        return with(fields -> fields.compressor = value);
    }

    public BuildOptions withDigester(Digester value) {
        return with(fields -> fields.digester = value);
    }

    public BuildOptions withChunkSize(int value) {
        return with(fields -> fields.chunkSize = value);
    }

    public BuildOptions withWhiteouts(WhiteoutSpec value) {
        return with(fields -> fields.whiteouts = value);
    }

    public BuildOptions withInlineBootstrap(boolean value) {
        return with(fields -> fields.inlineBootstrap = value);
    }

    public BuildOptions withToc(boolean value) {
        return with(fields -> fields.toc = value);
    }

    public BuildOptions withExplicitOwners(boolean value) {
        return with(fields -> fields.explicitOwners = value);
    }

    public BuildOptions withAligned(boolean value) {
        return with(fields -> fields.aligned = value);
    }

    public BuildOptions withBatchSize(int value) {
        return with(fields -> fields.batchSize = value);
    }

    public BuildOptions withKey(@Nullable BlobKey value) {
        return with(fields -> fields.key = value);
    }

    public BuildOptions withBlobId(@Nullable String value) {
        return with(fields -> fields.blobId = value);
    }

    public BuildOptions withBlobOffset(long value) {
        return with(fields -> fields.blobOffset = value);
    }

    public BuildOptions withThreads(int value) {
        return with(fields -> fields.threads = value);
    }

    public BuildOptions withPrefetch(PrefetchPolicy value, List<String> patterns) {
        return with(
                fields -> {
                    fields.prefetch = value;
                    fields.patterns = patterns;
                });
    }

    private BuildOptions with(Consumer<Fields> change) {
        var fields = new Fields(this);
        change.accept(fields);
        return fields.options();
    }

    /** A copy in which components can be changed. */
    private static final class Fields {
        private RafsVersion version;
        private Compressor compressor;
        private Digester digester;
        private int chunkSize;
        private WhiteoutSpec whiteouts;
        private boolean inlineBootstrap;
        private boolean toc;
        private boolean explicitOwners;
        private boolean aligned;
        private PrefetchPolicy prefetch;
        private List<String> patterns;
        private int batchSize;
        private @Nullable BlobKey key;
        private @Nullable String blobId;
        private long blobOffset;
        private int threads;

        Fields(BuildOptions from) {
            version = from.version;
            compressor = from.compressor;
            digester = from.digester;
            chunkSize = from.chunkSize;
            whiteouts = from.whiteouts;
            inlineBootstrap = from.inlineBootstrap;
            toc = from.toc;
            explicitOwners = from.explicitOwners;
            aligned = from.aligned;
            prefetch = from.prefetch;
            patterns = from.patterns;
            batchSize = from.batchSize;
            key = from.key;
            blobId = from.blobId;
            blobOffset = from.blobOffset;
            threads = from.threads;
        }

        BuildOptions options() {
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
                    batchSize,
                    key,
                    blobId,
                    blobOffset,
                    threads);
        }
    }
}
