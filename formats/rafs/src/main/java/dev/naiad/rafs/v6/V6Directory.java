package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode.ChildVisitor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The entries of one directory: blocks of sorted names, the last one perhaps inline behind the
 * inode. A view.
 */
final class V6Directory {
    private static final int COOKIE_SHIFT = 9; // at most 341 entries in a block of 4096 bytes

    private final LittleEndian file;
    private final int blockSize;
    private final long size;
    private final long blocksAt;
    private final long tailAt; // of the inline tail, or -1

    /**
     * @param size bytes of entries
     * @param blocksAt where the full blocks begin (all blocks if nothing is inline)
     * @param tailAt where the bytes behind the full blocks lie, -1 for "in a block of their own"
     */
    V6Directory(LittleEndian file, int blockSize, long size, long blocksAt, long tailAt) {
        this.file = file;
        this.blockSize = blockSize;
        this.size = size;
        this.blocksAt = blocksAt;
        this.tailAt = tailAt;
    }

    private long blockCount() {
        return (size + blockSize - 1) / blockSize;
    }

    /**
     * One block with its number of entries, checked so far that entries and name offsets can be
     * read.
     */
    private final class Block {
        final long at;
        final int length;
        final int entries;

        Block(long number) {
            long start = number * blockSize;
            length = (int) Math.min(blockSize, size - start);
            at = tailAt >= 0 && length < blockSize ? tailAt : blocksAt + start;
            if (at < 0 || length < Dirent.SIZE || at > file.size() - length) {
                throw file.corrupt(
                        at, "a directory block of " + length + " bytes", "the end of the file");
            }
            int first = file.u16(at + Dirent.NAME_OFFSET);
            if (first % Dirent.SIZE != 0 || first == 0 || first > length) {
                throw file.corrupt(
                        at + Dirent.NAME_OFFSET,
                        "the first name behind whole entries of 12 bytes",
                        Integer.toString(first));
            }
            entries = first / Dirent.SIZE;
        }

        long nid(int entry) {
            return file.u64(at + (long) entry * Dirent.SIZE);
        }

        FileType type(int entry) {
            long where = at + (long) entry * Dirent.SIZE + Dirent.FILE_TYPE;
            int value = file.u8(where);
            return FileType.ofErofsType(value)
                    .orElseThrow(
                            () ->
                                    file.corrupt(
                                            where,
                                            "a file type from 1 to 7",
                                            Integer.toString(value)));
        }

        /** Offset of the name within the block, checked. */
        int nameStart(int entry) {
            long where = at + (long) entry * Dirent.SIZE + Dirent.NAME_OFFSET;
            int start = file.u16(where);
            if (start < entries * Dirent.SIZE || start > length) {
                throw file.corrupt(
                        where, "a name offset inside the block", Integer.toString(start));
            }
            return start;
        }

        int nameEnd(int entry, int start) {
            int end;
            if (entry + 1 < entries) {
                end = nameStart(entry + 1);
            } else {
                end = start;
                while (end < length && file.segment().get(ValueLayout.JAVA_BYTE, at + end) != 0) {
                    end++;
                }
            }
            if (end <= start || end - start > BlobLimits.MAX_NAME) {
                throw file.corrupt(at + start, "a name of 1 to 255 bytes", end - start + " bytes");
            }
            return end;
        }

        int compare(int entry, MemorySegment name) {
            int start = nameStart(entry);
            int end = nameEnd(entry, start);
            return compareNames(file.segment(), at + start, end - start, name);
        }
    }

    private static int compareNames(MemorySegment bytes, long at, int length, MemorySegment name) {
        int other = (int) name.byteSize();
        long mismatch = MemorySegment.mismatch(bytes, at, at + length, name, 0, other);
        if (mismatch < 0) {
            return 0;
        }
        if (mismatch >= length || mismatch >= other) {
            return Integer.compare(length, other);
        }
        return Integer.compare(
                bytes.get(ValueLayout.JAVA_BYTE, at + mismatch) & 0xff,
                name.get(ValueLayout.JAVA_BYTE, mismatch) & 0xff);
    }

    /** The nid of the entry with that name ({@code ..} too), or -1. */
    long find(MemorySegment name) {
        if (name.byteSize() == 0 || name.byteSize() > BlobLimits.MAX_NAME) {
            return -1;
        }
        long low = 0;
        long high = blockCount() - 1;
        while (low <= high) {
            long middle = (low + high) >>> 1;
            var block = new Block(middle);
            int toFirst = block.compare(0, name);
            if (toFirst == 0) {
                return block.nid(0);
            }
            if (toFirst > 0) {
                high = middle - 1;
                continue;
            }
            if (block.compare(block.entries - 1, name) < 0) {
                low = middle + 1;
                continue;
            }
            return findIn(block, name);
        }
        return -1;
    }

    private static long findIn(Block block, MemorySegment name) {
        int low = 1;
        int high = block.entries - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = block.compare(middle, name);
            if (order == 0) {
                return block.nid(middle);
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    boolean visit(long cookie, ChildVisitor visitor) {
        long blocks = blockCount();
        long number = cookie >>> COOKIE_SHIFT;
        int entry = (int) (cookie & ((1 << COOKIE_SHIFT) - 1));
        for (; number < blocks; number++, entry = 0) {
            var block = new Block(number);
            for (; entry < block.entries; entry++) {
                int start = block.nameStart(entry);
                int end = block.nameEnd(entry, start);
                var name = file.segment().asSlice(block.at + start, end - start);
                if (isDots(name)) {
                    continue;
                }
                checkName(block.at + start, name);
                long next =
                        entry + 1 == block.entries
                                ? (number + 1) << COOKIE_SHIFT
                                : number << COOKIE_SHIFT | entry + 1;
                if (!visitor.child(block.nid(entry), block.type(entry), name, next)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isDots(MemorySegment name) {
        long length = name.byteSize();
        return length <= 2
                && name.get(ValueLayout.JAVA_BYTE, 0) == '.'
                && (length == 1 || name.get(ValueLayout.JAVA_BYTE, 1) == '.');
    }

    /** A name must stay one name when it becomes part of a path. */
    private void checkName(long at, MemorySegment name) {
        for (long i = 0; i < name.byteSize(); i++) {
            byte b = name.get(ValueLayout.JAVA_BYTE, i);
            if (b == '/' || b == 0) {
                throw file.corrupt(at + i, "a name without slash and NUL", "byte " + b);
            }
        }
    }
}
