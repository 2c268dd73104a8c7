package dev.naiad.builder.tar;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkInput;
import dev.naiad.builder.tree.FileTree;

/** Makes a tree of a tar stream, and chunks of what its files hold, in the order of the archive. */
public final class TarTreeBuilder {
    private static final int MAX_CHUNKS_OF_FILE = 1 << 24;

    private final ChunkInput in;
    private final int chunkSize;
    private final EntryTree tree;

    /**
     * @param overOthers layers lie below, which may have the target of a hard link
     */
    public TarTreeBuilder(
            ChunkInput in, int chunkSize, boolean explicitOwners, boolean overOthers) {
        this.in = in;
        this.chunkSize = chunkSize;
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
        if (count > MAX_CHUNKS_OF_FILE) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    in.name()
                            + ": entry "
                            + entry.text()
                            + ": "
                            + count
                            + " chunks; use a larger chunk size");
        }
        int[] chunks = new int[(int) count];
        if (entry.sparse() != null) {
            sparseChunks(entry, entry.sparse(), chunks);
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

    private CorruptFormatException truncated(TarEntry entry) {
        return new CorruptFormatException(
                in.name(),
                in.consumed(),
                entry.storedSize() + " bytes of " + entry.text(),
                "the end of the archive");
    }

    private void sparseChunks(TarEntry entry, SparseMap map, int[] chunks) {
        if (in.leavesChunks()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    in.name()
                            + ": entry "
                            + entry.text()
                            + ": a sparse file cannot be read from the layer as it is;"
                            + " convert without a reference to the original layer");
        }
        int stretch = 0;
        long done = 0; // of the stretch
        for (int k = 0; k < chunks.length; k++) {
            long start = (long) k * chunkSize;
            int length = (int) Math.min(chunkSize, entry.size() - start);
            var assembly = in.assemble(length);
            while (stretch < map.count() && map.offset(stretch) < start + length) {
                long from = map.offset(stretch) + done;
                long end = map.offset(stretch) + map.length(stretch);
                int step = (int) (Math.min(end, start + length) - from);
                if (!assembly.copy((int) (from - start), step)) {
                    throw truncated(entry);
                }
                done += step;
                if (from + step < end) {
                    break;
                }
                stretch++;
                done = 0;
            }
            assembly.submit(chunks, k);
        }
    }
}
