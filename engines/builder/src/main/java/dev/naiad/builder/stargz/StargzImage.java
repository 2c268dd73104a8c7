package dev.naiad.builder.stargz;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tar.EntryTree;
import dev.naiad.builder.tar.TarEntry;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.Digester;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/** The tree and the chunks that a table of contents describes. */
public final class StargzImage {
    private static final long PAGE = 4096;

    private final String name;
    private final int chunkSize;
    private final ChunkStore store;
    private final int blobIndex;
    private final long layerSize;
    private final NavigableSet<Long> members = new TreeSet<>();
    private int count;
    private long plainEnd;
    private long duplicates;

    private StargzImage(
            String name, int chunkSize, ChunkStore store, int blobIndex, long layerSize) {
        this.name = name;
        this.chunkSize = chunkSize;
        this.store = store;
        this.blobIndex = blobIndex;
        this.layerSize = layerSize;
    }

    /**
     * What was read.
     *
     * @param chunks how many chunks of the layer the tree uses
     * @param uncompressedSize what they take, aligned
     * @param duplicates chunks that were known already
     */
    public record Result(FileTree tree, int chunks, long uncompressedSize, long duplicates) {}

    /**
     * Reads a table of contents.
     *
     * @param name of it, for errors
     * @param store receives the chunks
     * @param blobIndex the layer's place in the blob table
     * @param layerSize in bytes, as it is stored
     */
    public static Result read(
            String name,
            byte[] json,
            int chunkSize,
            boolean explicitOwners,
            ChunkStore store,
            int blobIndex,
            long layerSize) {
        var image = new StargzImage(name, chunkSize, store, blobIndex, layerSize);
        var entries = StargzToc.parse(name, json);
        entries.forEach(entry -> entry.chunks().forEach(c -> image.members.add(c.offset())));
        var tree = new EntryTree(name, explicitOwners, true);
        for (var entry : entries) {
            tree.add(entry.tar(), tar -> image.chunks(tar, entry.chunks()));
        }
        return new Result(tree.finish(), image.count, image.plainEnd, image.duplicates);
    }

    private int[] chunks(TarEntry file, List<StargzToc.Chunk> chunks) {
        long wanted = (file.size() + chunkSize - 1) / chunkSize;
        if (chunks.size() != wanted) {
            throw wrong(file, chunks.size() + " chunks instead of " + wanted);
        }
        var numbers = new ArrayList<Integer>();
        for (int k = 0; k < chunks.size(); k++) {
            var chunk = chunks.get(k);
            long start = (long) k * chunkSize;
            long length = Math.min(chunkSize, file.size() - start);
            long size = chunk.size() == 0 ? file.size() - start : chunk.size();
            if (chunk.fileOffset() != start || size != length) {
                throw wrong(file, "a chunk of " + size + " bytes at " + chunk.fileOffset());
            }
            numbers.add(number(file, chunk, (int) length));
        }
        return numbers.stream().mapToInt(Integer::intValue).toArray();
    }

    private NaiadException wrong(TarEntry file, String what) {
        return new NaiadException(
                ErrorKind.INVALID_ARGUMENT,
                name
                        + ": entry "
                        + file.text()
                        + ": "
                        + what
                        + "; the image's --chunk-size (0x"
                        + Integer.toHexString(chunkSize)
                        + ") must be the layer's");
    }

    private int number(TarEntry file, StargzToc.Chunk chunk, int size) {
        byte[] digest = chunk.digest().map(Digest::bytes).orElse(new byte[Digester.LENGTH]);
        if (chunk.digest().isPresent()) {
            int known = store.find(digest, 0, size);
            if (known >= 0) {
                duplicates++;
                return known;
            }
        }
        if (count >= BlobLimits.MAX_CHUNKS - 2) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    name + ": more than " + (BlobLimits.MAX_CHUNKS - 2) + " chunks in one blob");
        }
        int number =
                store.add(digest, 0, blobIndex, count, size, plainEnd, chunk.digest().isPresent());
        store.stored(
                number, chunk.offset(), storedSize(file, chunk, size), ChunkInfo.COMPRESSED, 0);
        count++;
        plainEnd += (size + PAGE - 1) & -PAGE;
        return number;
    }

    /**
     * compat: the end of a member is unknown; this is an upper estimate, for data that gzip could
     * not make smaller.
     */
    private int storedSize(TarEntry file, StargzToc.Chunk chunk, int size) {
        Long next = members.higher(chunk.offset());
        long distance = (next == null ? layerSize : Math.min(next, layerSize)) - chunk.offset();
        if (distance <= 0) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    name
                            + ": entry "
                            + file.text()
                            + ": its data at "
                            + chunk.offset()
                            + " are outside the layer of "
                            + layerSize
                            + " bytes (--blob-data-size)");
        }
        return (int) Math.min(distance, size + 10 + 8 + 5 + (size / 16384) * 5L + 128);
    }
}
