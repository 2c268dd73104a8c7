package dev.naiad.builder.tree;

import dev.naiad.rafs.FileType;
import dev.naiad.rafs.LayerHint;
import dev.naiad.rafs.Xattr;
import java.util.Arrays;
import java.util.List;

/**
 * A file apart from its names: attributes and content. The names of a hard-linked file share one.
 * Mutable while a tree is built; owned by the tree.
 */
public final class InodeData {
    private static final int[] NO_CHUNKS = {};
    private static final byte[] NO_TARGET = {};

    private final int mode;
    // 32 bits each, without sign: there may be millions of these.
    private int uid;
    private int gid;
    private int rdev;
    private long size;
    private long mtimeSeconds;
    private int mtimeNanos;
    private byte[] symlinkTarget = NO_TARGET;
    private List<Xattr> xattrs = List.of();
    private int[] chunks = NO_CHUNKS;
    private LayerHint hint = LayerHint.NONE;
    private int number;
    private int links;
    private long position;
    private long dataPosition;

    /**
     * @param mode with type bits
     */
    public InodeData(int mode) {
        this.mode = mode;
    }

    /** A directory that no entry describes: 0755, owned by root, of 1970. */
    public static InodeData implicitDirectory() {
        return new InodeData(FileType.DIRECTORY.modeBits() | 0755)
                .hint(LayerHint.IMPLICIT_DIRECTORY);
    }

    /** Another inode with the same attributes and content. */
    public InodeData copy() {
        var copy = new InodeData(mode);
        copy.uid = uid;
        copy.gid = gid;
        copy.size = size;
        copy.rdev = rdev;
        copy.mtimeSeconds = mtimeSeconds;
        copy.mtimeNanos = mtimeNanos;
        copy.symlinkTarget = symlinkTarget;
        copy.xattrs = xattrs;
        copy.chunks = chunks;
        copy.hint = hint;
        return copy;
    }

    public int mode() {
        return mode;
    }

    public FileType type() {
        var type = FileType.ofMode(mode);
        if (type.isEmpty()) {
            throw new IllegalStateException("mode 0" + Integer.toOctalString(mode));
        }
        return type.get();
    }

    public boolean isDirectory() {
        return (mode & FileType.MASK) == FileType.DIRECTORY.modeBits();
    }

    public boolean isRegular() {
        return (mode & FileType.MASK) == FileType.REGULAR.modeBits();
    }

    public InodeData owner(long newUid, long newGid) {
        uid = (int) newUid;
        gid = (int) newGid;
        return this;
    }

    public InodeData mtime(long seconds, int nanos) {
        mtimeSeconds = seconds;
        mtimeNanos = nanos;
        return this;
    }

    public InodeData size(long newSize) {
        size = newSize;
        return this;
    }

    /** Linux {@code makedev} value, 32 bits. */
    public InodeData rdev(long newRdev) {
        rdev = (int) newRdev;
        return this;
    }

    /** Sets the target and with it the size. */
    public InodeData symlinkTarget(byte[] target) {
        symlinkTarget = target;
        size = target.length;
        return this;
    }

    /**
     * Sets the attributes, sorted by the bytes of their names here, so that the same set gives the
     * same image.
     */
    public InodeData xattrs(List<Xattr> newXattrs) {
        xattrs =
                newXattrs.isEmpty()
                        ? List.of() // of nearly all
                        : newXattrs.stream()
                                .sorted((a, b) -> Arrays.compareUnsigned(a.name(), b.name()))
                                .toList();
        return this;
    }

    /** Sets the chunk numbers, which the receiver may fill in later. */
    public InodeData chunks(int[] ids) {
        chunks = ids;
        return this;
    }

    /** A note for mergers; absent from merged images. */
    public InodeData hint(LayerHint newHint) {
        hint = newHint;
        return this;
    }

    public LayerHint hint() {
        return hint;
    }

    public boolean isImplicit() {
        return hint == LayerHint.IMPLICIT_DIRECTORY;
    }

    public long uid() {
        return Integer.toUnsignedLong(uid);
    }

    public long gid() {
        return Integer.toUnsignedLong(gid);
    }

    public long size() {
        return size;
    }

    public long rdev() {
        return Integer.toUnsignedLong(rdev);
    }

    public long mtimeSeconds() {
        return mtimeSeconds;
    }

    public int mtimeNanos() {
        return mtimeNanos;
    }

    public byte[] symlinkTarget() {
        return symlinkTarget;
    }

    public List<Xattr> xattrs() {
        return xattrs;
    }

    /** Numbers of this file's chunks in the build's {@code ChunkStore}, in file order. */
    public int[] chunks() {
        return chunks;
    }

    /** The inode number of the image, from {@link FileTree#number}. */
    public long number() {
        return Integer.toUnsignedLong(number);
    }

    /** The link count of the image, from {@link FileTree#number}. */
    public int links() {
        return links;
    }

    /** Where a bootstrap writer placed it. */
    public long position() {
        return position;
    }

    /** Where it placed data that did not fit behind the inode; 0 if there is none. */
    public long dataPosition() {
        return dataPosition;
    }

    public void place(long newPosition, long newDataPosition) {
        position = newPosition;
        dataPosition = newDataPosition;
    }

    void number(long newNumber, int newLinks) {
        number = (int) newNumber;
        links = newLinks;
    }

    void addLink() {
        links++;
    }
}
