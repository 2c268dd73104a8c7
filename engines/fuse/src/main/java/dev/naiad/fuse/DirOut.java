package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Where a file system lists a directory: entries are added until one does not fit. Valid until the
 * method it was given to returns.
 */
public final class DirOut {
    private final MemorySegment out;
    private final long start;
    private final int capacity;
    private final EntryOut entry;
    private boolean plus;
    private int references;
    private long position;
    private long end;

    DirOut(MemorySegment out, long start, int capacity) {
        this.out = out;
        this.start = start;
        this.capacity = capacity;
        this.entry = new EntryOut(out);
    }

    /** An object outside a request, for tests of file systems. */
    public static DirOut detached(int bytes, boolean plus) {
        var dir = new DirOut(MemorySegment.ofArray(new byte[bytes]), 0, bytes);
        dir.reset(bytes, plus);
        return dir;
    }

    void reset(int wanted, boolean withAttributes) {
        plus = withAttributes;
        references = 0;
        position = start;
        end = start + Math.max(0, Math.min(wanted, capacity));
    }

    /**
     * True if the kernel wants each entry's node and attributes ({@link #entry}) too: it then holds
     * a reference to each node given, as after a lookup.
     */
    public boolean isPlus() {
        return plus;
    }

    /**
     * Adds an entry.
     *
     * @param ino what users see as {@code d_ino}
     * @param type {@code DT_} number: the type bits of the mode, shifted right by 12
     * @param next the offset at which a later call goes on behind this entry; never 0
     * @return false if it does not fit: nothing was added, and the listing ends here
     */
    public boolean add(long ino, int type, MemorySegment name, long next) {
        int nameLength = (int) name.byteSize();
        if (!begin(ino, type, nameLength, next)) {
            return false;
        }
        MemorySegment.copy(name, 0, out, nameAt(), nameLength);
        finish(nameLength);
        return true;
    }

    /** As the other, with the name as an array. */
    public boolean add(long ino, int type, byte[] name, long next) {
        if (!begin(ino, type, name.length, next)) {
            return false;
        }
        MemorySegment.copy(name, 0, out, JAVA_BYTE, nameAt(), name.length);
        finish(name.length);
        return true;
    }

    /**
     * Node and attributes of the entry just added, to be filled in; not asked for, the kernel looks
     * the name up when it needs it. Each call counts as a reference given.
     */
    public EntryOut entry() {
        references++;
        return entry;
    }

    /** How many references to nodes this listing gives the kernel. */
    public int references() {
        return references;
    }

    /** Bytes used. */
    public int used() {
        return length();
    }

    int length() {
        return (int) (position - start);
    }

    private long nameAt() {
        return position + (plus ? FuseWire.ENTRY_OUT : 0) + FuseWire.DIRENT;
    }

    private boolean begin(long ino, int type, int nameLength, long next) {
        long header = plus ? FuseWire.ENTRY_OUT : 0;
        if (position + padded(header + FuseWire.DIRENT + nameLength) > end) {
            return false;
        }
        if (plus) {
            out.asSlice(position, FuseWire.ENTRY_OUT).fill((byte) 0);
            entry.place(position);
        }
        long at = position + header;
        out.set(JAVA_LONG_UNALIGNED, at, ino);
        out.set(JAVA_LONG_UNALIGNED, at + 8, next);
        out.set(JAVA_INT_UNALIGNED, at + 16, nameLength);
        out.set(JAVA_INT_UNALIGNED, at + 20, type);
        return true;
    }

    private void finish(int nameLength) {
        long nameEnd = nameAt() + nameLength;
        long next = position + padded(nameEnd - position);
        for (long i = nameEnd; i < next; i++) {
            out.set(JAVA_BYTE, i, (byte) 0);
        }
        position = next;
    }

    private static long padded(long length) {
        return (length + 7) & ~7L;
    }
}
