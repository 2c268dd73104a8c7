package dev.naiad.builder.chunk;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.ChunkRecord;
import dev.naiad.rafs.Digester;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Every distinct chunk of a build, by number, in columns: no object per chunk. Chunks are found by
 * digest and size, which is how duplicates are found. One thread writes; others read after it has
 * finished.
 */
public final class ChunkStore {
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] digests = new byte[64 * Digester.LENGTH];
    private int[] blobIndex = new int[64];
    private int[] chunkIndex = new int[64];
    private int[] flags = new int[64];
    private int[] compressedSize = new int[64];
    private int[] uncompressedSize = new int[64];
    private int[] crc = new int[64];
    private long[] compressedOffset = new long[64];
    private long[] uncompressedOffset = new long[64];
    private long[] fileOffset = new long[64];
    // Unit and place in it of chunks that share a stored unit; made when the first comes.
    private long[] unit = new long[0];
    private int count;
    private int[] table = new int[256]; // number + 1, 0 is free; open addressing

    public int count() {
        return count;
    }

    /** The chunk with that digest and size, or -1. */
    public int find(byte[] digest, int at, int size) {
        int mask = table.length - 1;
        for (int slot = hash(digest, at) & mask; table[slot] != 0; slot = slot + 1 & mask) {
            int number = table[slot] - 1;
            if (uncompressedSize[number] == size && sameDigest(number, digest, at)) {
                return number;
            }
        }
        return -1;
    }

    private boolean sameDigest(int number, byte[] digest, int at) {
        int own = number * Digester.LENGTH;
        return Arrays.equals(digests, own, own + Digester.LENGTH, digest, at, at + Digester.LENGTH);
    }

    /** The first eight bytes of a digest. */
    static long word(byte[] digest, int at) {
        return (long) LONGS.get(digest, at);
    }

    private static int hash(byte[] digest, int at) {
        long word = word(digest, at);
        return (int) (word ^ word >>> 32);
    }

    /**
     * Adds a chunk.
     *
     * @param findable false for chunks without a digest (external, tarfs), which are never shared
     * @return its number
     */
    public int add(
            byte[] digest,
            int at,
            int blob,
            int index,
            int plainSize,
            long plainOffset,
            boolean findable) {
        if (count == blobIndex.length) {
            grow();
        }
        int number = count++;
        System.arraycopy(digest, at, digests, number * Digester.LENGTH, Digester.LENGTH);
        blobIndex[number] = blob;
        chunkIndex[number] = index;
        uncompressedSize[number] = plainSize;
        uncompressedOffset[number] = plainOffset;
        if (findable) {
            insert(number);
        }
        return number;
    }

    /** Sets the chunk's place in its blob if it was not known when it was added. */
    void place(int number, int index, long plainOffset) {
        chunkIndex[number] = index;
        uncompressedOffset[number] = plainOffset;
    }

    /** Adds a chunk that another bootstrap describes. */
    public int add(ChunkInfo chunk, int blob, boolean findable) {
        int number =
                add(
                        chunk.digest(),
                        0,
                        blob,
                        chunk.chunkIndex(),
                        chunk.uncompressedSize(),
                        chunk.uncompressedOffset(),
                        findable);
        stored(
                number,
                chunk.compressedOffset(),
                chunk.compressedSize(),
                chunk.flags(),
                chunk.crc32c());
        fileOffset[number] = chunk.fileOffset();
        return number;
    }

    /** Records how the chunk is stored in its blob. */
    public void stored(int number, long offset, int size, int chunkFlags, int crc32c) {
        compressedOffset[number] = offset;
        compressedSize[number] = size;
        flags[number] = chunkFlags;
        crc[number] = crc32c;
    }

    /**
     * Records that the chunk is part of a stored unit.
     *
     * @param context number of the unit among the contexts of its blob
     * @param offset in the plain bytes of the unit
     */
    public void inUnit(int number, int context, int offset) {
        if (number >= unit.length) {
            unit = Arrays.copyOf(unit, blobIndex.length);
        }
        unit[number] = (long) context << 32 | (offset & 0xffff_ffffL);
    }

    /** The context that {@link #inUnit} named. */
    public int context(int number) {
        return (int) (unit[number] >>> 32);
    }

    /** Context and offset as a v2 record has them; 0 of a chunk that is stored by itself. */
    public long unitWord(int number) {
        return number < unit.length ? unit[number] : 0;
    }

    private void insert(int number) {
        if (count * 2 > table.length) {
            int[] old = table;
            table = new int[old.length * 2];
            for (int entry : old) {
                if (entry != 0) {
                    place(entry);
                }
            }
        }
        place(number + 1);
    }

    private void place(int entry) {
        int mask = table.length - 1;
        int slot = hash(digests, (entry - 1) * Digester.LENGTH) & mask;
        while (table[slot] != 0) {
            slot = slot + 1 & mask;
        }
        table[slot] = entry;
    }

    private void grow() {
        int size = Math.multiplyExact(count, 2);
        digests = Arrays.copyOf(digests, Math.multiplyExact(size, Digester.LENGTH));
        blobIndex = Arrays.copyOf(blobIndex, size);
        chunkIndex = Arrays.copyOf(chunkIndex, size);
        flags = Arrays.copyOf(flags, size);
        compressedSize = Arrays.copyOf(compressedSize, size);
        uncompressedSize = Arrays.copyOf(uncompressedSize, size);
        crc = Arrays.copyOf(crc, size);
        compressedOffset = Arrays.copyOf(compressedOffset, size);
        uncompressedOffset = Arrays.copyOf(uncompressedOffset, size);
        fileOffset = Arrays.copyOf(fileOffset, size);
    }

    /** The chunk as a record of a bootstrap. */
    public ChunkInfo info(int number) {
        return new ChunkInfo(
                Arrays.copyOfRange(
                        digests, number * Digester.LENGTH, (number + 1) * Digester.LENGTH),
                blobIndex[number],
                flags[number],
                compressedSize[number],
                uncompressedSize[number],
                compressedOffset[number],
                uncompressedOffset[number],
                fileOffset[number],
                chunkIndex[number],
                crc[number]);
    }

    /** Writes the same into a bootstrap. */
    public void writeRecord(int number, LittleEndian file, long at) {
        ChunkRecord.write(
                file,
                at,
                digests,
                number * Digester.LENGTH,
                blobIndex[number],
                flags[number],
                compressedSize[number],
                uncompressedSize[number],
                compressedOffset[number],
                uncompressedOffset[number],
                fileOffset[number],
                chunkIndex[number],
                crc[number]);
    }

    public int blobIndex(int number) {
        return blobIndex[number];
    }

    /** Gives the chunk to another position of the blob table, as merges do. */
    public void moveToBlob(int number, int blob) {
        blobIndex[number] = blob;
    }

    public int chunkIndex(int number) {
        return chunkIndex[number];
    }

    public int flags(int number) {
        return flags[number];
    }

    public int crc32c(int number) {
        return crc[number];
    }

    public int compressedSize(int number) {
        return compressedSize[number];
    }

    public int uncompressedSize(int number) {
        return uncompressedSize[number];
    }

    public long compressedOffset(int number) {
        return compressedOffset[number];
    }

    public long uncompressedOffset(int number) {
        return uncompressedOffset[number];
    }

    public void fileOffset(int number, long offset) {
        fileOffset[number] = offset;
    }

    /** The first three bytes of the digest: they sort as digests do. */
    public int digestPrefix(int number) {
        int at = number * Digester.LENGTH;
        return (digests[at] & 0xff) << 16
                | (digests[at + 1] & 0xff) << 8
                | (digests[at + 2] & 0xff);
    }

    /** Compares two chunks by the bytes of their digests. */
    public int compareDigests(int one, int other) {
        int a = one * Digester.LENGTH;
        int b = other * Digester.LENGTH;
        return Arrays.compareUnsigned(
                digests, a, a + Digester.LENGTH, digests, b, b + Digester.LENGTH);
    }

    /** Copies the digest into {@code target}. */
    public void digest(int number, byte[] target, int at) {
        System.arraycopy(digests, number * Digester.LENGTH, target, at, Digester.LENGTH);
    }
}
