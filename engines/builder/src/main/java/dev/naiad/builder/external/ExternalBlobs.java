package dev.naiad.builder.external;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.v5.V5Writer;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The chunks of an image whose files are in existing blobs, and its tables. */
final class ExternalBlobs {
    private static final int BLOCK = 4096;
    private static final byte[] NO_DIGEST = new byte[Digester.LENGTH];

    /** One of the blobs while its files are collected. */
    private static final class Blob {
        final Attribute.External first;
        int chunks;
        long plainEnd;

        Blob(Attribute.External first) {
            this.first = first;
        }
    }

    private final String name;
    private final BuildOptions options;
    private final ChunkStore store = new ChunkStore();
    private final Map<Integer, Blob> blobs = new TreeMap<>();

    /**
     * @param name of what names the files, for errors
     */
    ExternalBlobs(String name, BuildOptions options) {
        this.name = name;
        this.options = options;
    }

    /** The numbers of a file's chunks. */
    int[] chunks(Attribute.External file, long size) {
        var blob = blobs.computeIfAbsent(file.blobIndex(), index -> new Blob(file));
        if (!blob.first.blobId().equals(file.blobId())
                || blob.first.blobSize() != file.blobSize()) {
            throw wrong(
                    file + " is another blob than that of " + blob.first + ", or of another size");
        }
        int[] numbers = new int[(int) ((size + file.chunkSize() - 1) / file.chunkSize())];
        if (file.crcs().length != 0 && file.crcs().length != numbers.length) {
            throw wrong(
                    file + ": " + file.crcs().length + " crcs for " + numbers.length + " chunks");
        }
        for (int k = 0; k < numbers.length; k++) {
            long offset = (long) k * file.chunkSize();
            int length = (int) Math.min(file.chunkSize(), size - offset);
            int crc = file.crcs().length == 0 ? 0 : file.crcs()[k];
            int number =
                    store.add(
                            NO_DIGEST,
                            0,
                            file.blobIndex(),
                            blob.chunks++,
                            length,
                            blob.plainEnd,
                            false);
            store.stored(
                    number, file.offset() + offset, length, crc == 0 ? 0 : ChunkInfo.HAS_CRC, crc);
            blob.plainEnd += length + BLOCK - 1 & -BLOCK;
            numbers[k] = number;
        }
        return numbers;
    }

    private List<BlobInfo> table(int chunkSize, boolean inlined) {
        var table = new ArrayList<BlobInfo>();
        for (var blob : blobs.values()) {
            if (blob.first.blobIndex() != table.size() || blob.chunks == 0) {
                throw wrong(
                        "there is no data in blob_index="
                                + table.size()
                                + ", but in blob_index="
                                + blob.first.blobIndex()
                                + ": number the blobs from 0 without gaps");
            }
            int features =
                    BlobFeatures.EXTERNAL
                            | BlobFeatures.CAP_TAR_TOC
                            | BlobFeatures.ALIGNED
                            | (inlined ? BlobFeatures.INLINED_FS_META : 0);
            table.add(
                    new BlobInfo(
                            table.size(),
                            blob.first.blobId(),
                            chunkSize,
                            blob.chunks,
                            Compressor.NONE,
                            options.digester(),
                            new BlobFeatures(features),
                            blob.first.blobSize(),
                            Math.max(blob.plainEnd, blob.first.blobSize()),
                            location(blob.chunks),
                            BlobInfo.TocLocation.ABSENT,
                            new byte[32],
                            0,
                            Cipher.NONE,
                            new byte[0],
                            new byte[0],
                            0,
                            0,
                            0));
        }
        return table;
    }

    /** compat: readers want a size that fits the chunks; the bootstrap knows all of them. */
    private BlobInfo.MetaLocation location(int chunks) {
        return options.version() == RafsVersion.V5
                ? BlobInfo.MetaLocation.ABSENT
                : new BlobInfo.MetaLocation(Compressor.NONE, 0, 0, 16L * chunks);
    }

    /** The image of a tree whose files have chunks from here. */
    ExternalImage.Built write(FileTree tree, int chunkSize, boolean inlined) {
        var table = table(chunkSize, inlined);
        long flags =
                Compressor.NONE.superFlag()
                        | options.digester().superFlag()
                        | (options.explicitOwners() ? SuperFlags.EXPLICIT_UID_GID : 0);
        byte[] bootstrap =
                options.version() == RafsVersion.V5
                        ? new V5Writer(tree, store, table, chunkSize, options.digester())
                                .write(flags, List.of())
                        : new V6Writer(tree, store, table, chunkSize, BLOCK)
                                .write(flags | SuperFlags.ENCRYPTION_NONE, List.of());
        return new ExternalImage.Built(bootstrap, table);
    }

    private NaiadException wrong(String what) {
        return new NaiadException(ErrorKind.INVALID_ARGUMENT, name + ": " + what);
    }
}
