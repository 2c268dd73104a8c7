package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Where a file system writes what a name stands for ({@code struct fuse_entry_out}, 128 bytes).
 * Valid until the method it was given to returns.
 */
public final class EntryOut {
    private static final int NODE = 0;
    private static final int GENERATION = 8;
    private static final int ENTRY_VALID = 16;
    private static final int ATTR_VALID = 24;

    private final MemorySegment out;
    private final AttrOut attr;
    private long at;

    EntryOut(MemorySegment out) {
        this.out = out;
        this.attr = new AttrOut(out);
    }

    /** An object outside a request, for tests of file systems. */
    public static EntryOut detached() {
        var entry = new EntryOut(MemorySegment.ofArray(new long[FuseWire.ENTRY_OUT / 8]));
        entry.place(0);
        return entry;
    }

    void place(long offset) {
        at = offset;
        attr.place(offset + FuseWire.ENTRY_ATTR, offset + ATTR_VALID);
    }

    /**
     * The node by which the kernel will ask for it from now on.
     *
     * @param generation differs where a node number is used for something else than before
     * @param timeoutSeconds for which the kernel may keep the name
     */
    public AttrOut node(long node, long generation, long timeoutSeconds) {
        out.set(JAVA_LONG_UNALIGNED, at + NODE, node);
        out.set(JAVA_LONG_UNALIGNED, at + GENERATION, generation);
        out.set(JAVA_LONG_UNALIGNED, at + ENTRY_VALID, timeoutSeconds);
        return attr;
    }

    /** Nothing has that name, and the kernel may remember so. */
    public void absent(long timeoutSeconds) {
        out.set(JAVA_LONG_UNALIGNED, at + NODE, 0);
        out.set(JAVA_LONG_UNALIGNED, at + ENTRY_VALID, timeoutSeconds);
    }

    /** The node written, 0 for none. */
    public long node() {
        return out.get(JAVA_LONG_UNALIGNED, at + NODE);
    }

    /** The attributes of the node written. */
    public AttrOut attributes() {
        return attr;
    }
}
