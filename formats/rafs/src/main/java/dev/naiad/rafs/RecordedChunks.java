package dev.naiad.rafs;

import dev.naiad.base.bytes.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The chunks of one blob as the 80-byte records of a bootstrap tell them, found by chunk index.
 * Holds 8 bytes a record; the records stay where they are.
 */
public final class RecordedChunks implements BlobChunks {
    private static final long POSITION_UNIT =
            8; // records lie on multiples of 8: 35 bits of position reach 256 GiB

    private final LittleEndian file;
    // Sorted: chunk index << 35 | position / 8.
    private final long[] slots;
    private final int count;

    private RecordedChunks(LittleEndian file, long[] slots, int count) {
        this.file = file;
        this.slots = slots;
        this.count = count;
    }

    /** Collects the positions of one blob's records. */
    public static final class Collector {
        private final LittleEndian file;
        private final BlobInfo blob;
        private long[] slots = new long[16];
        private int used;

        public Collector(LittleEndian file, BlobInfo blob) {
            this.file = file;
            this.blob = blob;
        }

        /** Adds the record at {@code at}, a multiple of 8. */
        public void add(long at) {
            long index = ChunkRecord.chunkIndex(file, at);
            if (index >= BlobLimits.MAX_CHUNKS
                    || (blob.chunkCount() > 0 && index >= blob.chunkCount())) {
                throw file.corrupt(
                        at,
                        "a chunk index below " + blob.chunkCount() + " in " + blob,
                        Long.toString(index));
            }
            add(at, (int) index);
        }

        /** Adds the record at {@code at} as chunk {@code index}, whatever it says itself. */
        public void add(long at, int index) {
            if (used == slots.length) {
                slots = Arrays.copyOf(slots, used * 2);
            }
            slots[used++] = (long) index << 35 | at / POSITION_UNIT;
        }

        public RecordedChunks finish() {
            Arrays.sort(slots, 0, used);
            // A chunk shared by several files has several records in v5: the first one stands for
            // all.
            int kept = 0;
            for (int i = 0; i < used; i++) {
                if (kept == 0 || slots[i] >>> 35 != slots[kept - 1] >>> 35) {
                    slots[kept++] = slots[i];
                }
            }
            long[] exact = Arrays.copyOf(slots, kept);
            int last = kept == 0 ? 0 : (int) (exact[kept - 1] >>> 35) + 1;
            return new RecordedChunks(file, exact, Math.max(last, blob.chunkCount()));
        }
    }

    /** The record's position in the file, or -1. */
    private long find(int index) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException("chunk " + index + " of " + count);
        }
        // Where every chunk is known, slot number and chunk index agree.
        if (index < slots.length && slots[index] >>> 35 == index) {
            return (slots[index] & ((1L << 35) - 1)) * POSITION_UNIT;
        }
        int at = Arrays.binarySearch(slots, (long) index << 35);
        int slot = at < 0 ? -at - 1 : at;
        return slot < slots.length && slots[slot] >>> 35 == index
                ? (slots[slot] & ((1L << 35) - 1)) * POSITION_UNIT
                : -1;
    }

    private long at(int index) {
        long at = find(index);
        if (at < 0) {
            throw file.corrupt(-1, "a record of chunk " + index, "none");
        }
        return at;
    }

    /** The whole record of a known chunk. */
    public ChunkInfo info(int index) {
        return ChunkRecord.read(file, at(index));
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public boolean isKnown(int index) {
        return find(index) >= 0;
    }

    @Override
    public long compressedOffset(int index) {
        return ChunkRecord.compressedOffset(file, at(index));
    }

    @Override
    public int compressedSize(int index) {
        return ChunkRecord.compressedSize(file, at(index));
    }

    @Override
    public long uncompressedOffset(int index) {
        return ChunkRecord.uncompressedOffset(file, at(index));
    }

    @Override
    public int uncompressedSize(int index) {
        return ChunkRecord.uncompressedSize(file, at(index));
    }

    @Override
    public boolean isCompressed(int index) {
        return (ChunkRecord.flags(file, at(index)) & ChunkInfo.COMPRESSED) != 0;
    }

    @Override
    public boolean isEncrypted(int index) {
        return (ChunkRecord.flags(file, at(index)) & ChunkInfo.ENCRYPTED) != 0;
    }

    @Override
    public boolean isBatch(int index) {
        return (ChunkRecord.flags(file, at(index)) & ChunkInfo.BATCH) != 0;
    }

    @Override
    public boolean isZran(int index) {
        return false;
    }

    @Override
    public boolean hasCrc(int index) {
        return (ChunkRecord.flags(file, at(index)) & ChunkInfo.HAS_CRC) != 0;
    }

    @Override
    public int crc32c(int index) {
        return ChunkRecord.crc32c(file, at(index));
    }

    @Override
    public boolean hasDigest(int index) {
        long at = find(index);
        if (at < 0) {
            return false;
        }
        // All zero: tarfs and external chunks have none.
        return (file.bits64(at) | file.bits64(at + 8) | file.bits64(at + 16) | file.bits64(at + 24))
                != 0;
    }

    @Override
    public void digest(int index, MemorySegment target) {
        MemorySegment.copy(file.segment(), at(index), target, 0, Digester.LENGTH);
    }

    @Override
    public int indexAt(long uncompressedOffset) {
        int low = 0;
        int high = slots.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int index = (int) (slots[middle] >>> 35);
            long start = uncompressedOffset(index);
            if (uncompressedOffset < start) {
                high = middle - 1;
            } else if (uncompressedOffset >= start + uncompressedSize(index)) {
                low = middle + 1;
            } else {
                return index;
            }
        }
        return -1;
    }
}
