package dev.naiad.builder.tarfs;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuildStatistics;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tar.TarTreeBuilder;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds a tarfs layer: a bootstrap of 512-byte blocks that finds its data in the tar archive
 * itself. No blob is written. docs/formats/rafs-v6.md#tarfs
 */
public final class TarfsBuilder {
    /** Of the file system and of tar archives. */
    static final int BLOCK = 512;

    private static final int HEAD = 4;

    /** compat: the original names a compressor (lz4) of chunk information that does not exist. */
    private static final BlobInfo.MetaLocation NO_CHUNK_INFORMATION =
            new BlobInfo.MetaLocation(Compressor.LZ4_BLOCK, 0, 0, 0);

    private TarfsBuilder() {}

    /**
     * Builds from a plain tar archive. The options version, chunk size, owners, prefetch and blob
     * id apply; without an id, it is the archive's SHA-256, for which all of it is read.
     *
     * @param name of the source, for errors
     * @param tar read to its end, not closed
     * @return nothing was written as a blob
     */
    public static BuiltLayer build(String name, ReadableByteChannel tar, BuildOptions options) {
        @Nullable String blobId = options.blobId();
        if (options.version() != RafsVersion.V6) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "a tarfs image needs --fs-version 6");
        }
        var store = new ChunkStore();
        var sha256 = sha256();
        var input = new TarfsInput(name, tar, blobId == null ? sha256 : null, store);
        requirePlain(input);
        var tree =
                new TarTreeBuilder(input, options.chunkSize(), options.explicitOwners(), true)
                        .build();
        long size = input.finish();
        if (input.dataEnd() > size / BLOCK * BLOCK) {
            throw new CorruptFormatException(
                    name, size, "an archive of whole blocks of 512 bytes", size + " bytes");
        }
        String id = blobId == null ? Hex.encode(sha256.digest()) : blobId;
        var blobs =
                input.chunks() == 0
                        ? List.<BlobInfo>of()
                        : List.of(blob(id, size, input.chunks(), options.chunkSize()));
        long flags =
                SuperFlags.TARFS_MODE
                        | SuperFlags.ENCRYPTION_NONE
                        | Compressor.NONE.superFlag()
                        | Digester.SHA256.superFlag()
                        | (options.explicitOwners() ? SuperFlags.EXPLICIT_UID_GID : 0);
        byte[] bootstrap =
                new V6Writer(tree, store, blobs, options.chunkSize(), BLOCK)
                        .write(flags, tree.named(options.prefetchTable()));
        return new BuiltLayer(
                Digest.of(Digest.Algorithm.SHA256, sha256.digest()),
                0,
                bootstrap,
                new byte[0],
                blobs,
                new BuildStatistics(tree.count(), size, size, 0, 0));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void requirePlain(TarfsInput input) {
        int count = input.require(HEAD) ? HEAD : input.available();
        byte[] head = new byte[count];
        input.peek(head);
        if (count < HEAD - 1) {
            throw new CorruptFormatException(input.name(), 0, "a tar archive", count + " bytes");
        }
        if (LayerStreams.kindOf(head, count) != LayerStreams.Kind.PLAIN) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    input.name()
                            + ": a compressed archive has no blocks that could be mounted;"
                            + " decompress it first");
        }
    }

    private static BlobInfo blob(String id, long size, int chunks, int chunkSize) {
        return new BlobInfo(
                0,
                id,
                chunkSize,
                chunks,
                Compressor.NONE,
                Digester.SHA256,
                new BlobFeatures(BlobFeatures.CAP_TAR_TOC | BlobFeatures.TARFS),
                size,
                size,
                NO_CHUNK_INFORMATION,
                BlobInfo.TocLocation.ABSENT,
                new byte[32],
                0,
                Cipher.NONE,
                new byte[0],
                new byte[0],
                0,
                0,
                0);
    }
}
