package dev.naiad.builder.external;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.directory.DirectoryScanner;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Builds the second image of a directory: the files that lie in blobs which exist already, each at
 * its place in one of them. No data is read and none is written. docs/formats/blob.md#external
 */
public final class ExternalImage {
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

    private final Attributes attributes;
    private final BuildOptions options;
    private final ChunkStore store = new ChunkStore();
    private final Map<Integer, Blob> blobs = new TreeMap<>();
    private final FileTree result = new FileTree();
    private final Map<InodeData, InodeData> linked = new HashMap<>();

    private ExternalImage(Attributes attributes, BuildOptions options) {
        this.attributes = attributes;
        this.options = options;
    }

    /** What was built. */
    @SuppressWarnings("ArrayRecordComponent") // handed over
    public record Built(byte[] bootstrap, List<BlobInfo> blobs) {}

    /**
     * Builds it.
     *
     * @param attributes name external files
     * @param inlined the bootstrap will stand at the end of a blob
     * @throws NaiadException naming what does not fit
     */
    public static Built build(
            Path directory, BuildOptions options, Attributes attributes, boolean inlined) {
        return new ExternalImage(attributes, options).run(directory, inlined);
    }

    private Built run(Path directory, boolean inlined) {
        int chunkSize = attributes.external().getFirst().chunkSize();
        var source = new DirectoryScanner(chunkSize, options.explicitOwners()).scan(directory);
        attributes.ignore(source);
        result.setRoot(source.root().inode());
        for (var file : attributes.external()) {
            if (file.chunkSize() != chunkSize) {
                throw wrong(
                        file
                                + " has chunks of "
                                + file.chunkSize()
                                + " bytes, others of "
                                + chunkSize
                                + ": one image has one chunk size");
            }
            var entry = source.find(file.path().getBytes(StandardCharsets.UTF_8));
            if (entry == null || !entry.inode().isRegular()) {
                throw wrong(
                        file
                                + ": the source has no such file; an empty one with file_size=… will do");
            }
            add(entry, file);
        }
        var table = table(chunkSize, inlined);
        long flags =
                Compressor.NONE.superFlag()
                        | options.digester().superFlag()
                        | (options.explicitOwners() ? SuperFlags.EXPLICIT_UID_GID : 0);
        byte[] bootstrap =
                options.version() == RafsVersion.V5
                        ? new V5Writer(result, store, table, chunkSize, options.digester())
                                .write(flags, List.of())
                        : new V6Writer(result, store, table, chunkSize, BLOCK)
                                .write(flags | SuperFlags.ENCRYPTION_NONE, List.of());
        return new Built(bootstrap, table);
    }

    private NaiadException wrong(String what) {
        return new NaiadException(ErrorKind.INVALID_ARGUMENT, attributes.name() + ": " + what);
    }

    private void add(TreeEntry entry, Attribute.External file) {
        var data = linked.get(entry.inode());
        if (data == null) {
            long size = file.fileSize() >= 0 ? file.fileSize() : entry.inode().size();
            if (size > file.blobSize() - file.offset()) {
                throw wrong(
                        file
                                + ": "
                                + size
                                + " bytes do not lie inside the "
                                + file.blobSize()
                                + " bytes of the blob");
            }
            data = entry.inode().copy().size(size).chunks(chunks(file, size));
            linked.put(entry.inode(), data);
        }
        directory(entry.parent()).put(entry.name(), data);
    }

    /** The same directory in the external tree. */
    private TreeEntry directory(@org.jspecify.annotations.Nullable TreeEntry source) {
        if (source == null || source.parent() == null) {
            return result.root();
        }
        var parent = directory(source.parent());
        var present = parent.child(source.name());
        return present != null ? present : parent.put(source.name(), source.inode());
    }

    private int[] chunks(Attribute.External file, long size) {
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
}
