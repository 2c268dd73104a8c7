package dev.naiad.builder.tar;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkInput;
import dev.naiad.builder.tree.FileTree;

/** Makes a tree from a tar stream, and chunks from the content of its files, in archive order. */
public final class TarTreeBuilder {
    private static final int MAX_CHUNKS_OF_FILE = 1 << 24;
    // A short archive of sparse files may claim any size: 64 TiB of chunks of the default size.
    private static final int MAX_CHUNKS = 1 << 26;

    private final ChunkInput in;
    private final int chunkSize;
    private final EntryTree tree;
    private final SparseChunks sparse;
    private long chunkCount;

    /**
     * @param overOthers layers lie below, which may have the target of a hard link
     */
    public TarTreeBuilder(
            ChunkInput in, int chunkSize, boolean explicitOwners, boolean overOthers) {
        this.in = in;
        this.chunkSize = chunkSize;
        this.sparse = new SparseChunks(in, chunkSize);
        this.tree = new EntryTree(in.name(), explicitOwners, overOthers);
    }

    /** Reads the whole stream. */
    public FileTree build() {
        var reader = new TarReader(in);
        for (var entry = reader.next(); entry != null; entry = reader.next()) {
            tree.add(entry, this::file);
        }
        return tree.finish();
    }

    private int[] file(TarEntry entry) {
        long count = entry.size() == 0 ? 0 : (entry.size() - 1) / chunkSize + 1;
        chunkCount += count;
        if (count > MAX_CHUNKS_OF_FILE || chunkCount > MAX_CHUNKS) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    in.name()
                            + ": entry "
                            + entry.text()
                            + ": "
                            + chunkCount
                            + " chunks of files up to here; use a larger chunk size");
        }
        int[] chunks = new int[(int) count];
        if (entry.sparse() != null) {
            sparse(entry, entry.sparse(), chunks);
        } else {
            for (int k = 0; k < chunks.length; k++) {
                int length = (int) Math.min(chunkSize, entry.size() - (long) k * chunkSize);
                if (!in.chunk(length, chunks, k)) {
                    throw truncated(entry);
                }
            }
        }
        return chunks;
    }

    private void sparse(TarEntry entry, SparseMap map, int[] chunks) {
        if (in.leavesChunks()) {
            throw new NoReferenceException(
                    in.name()
                            + ": entry "
                            + entry.text()
                            + ": a sparse file cannot be read from the layer as it is;"
                            + " convert without a reference to the original layer");
        }
        if (!sparse.read(map, entry.size(), chunks)) {
            throw truncated(entry);
        }
    }

    private CorruptFormatException truncated(TarEntry entry) {
        return new CorruptFormatException(
                in.name(),
                in.consumed(),
                entry.storedSize() + " bytes of " + entry.text(),
                "the end of the archive");
    }
}
