package dev.naiad.rafs.v5;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.ChunkRecord;
import dev.naiad.rafs.ChunkRef;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.LayerHint;
import dev.naiad.rafs.Xattr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An inode of a v5 image, seen through one of its names: two numbers and a reference. */
final class V5Inode implements Inode {
    private final V5Bootstrap image;
    private final LittleEndian file;
    private final int index;
    private final long at;
    private final FileType type;

    V5Inode(V5Bootstrap image, int index) {
        this.image = image;
        this.file = image.file();
        this.index = index;
        this.at = image.position(index);
        long mode = file.u32(at + V5InodeRecord.MODE);
        this.type =
                FileType.ofMode((int) mode)
                        .filter(found -> mode <= 0xffff)
                        .orElseThrow(
                                () ->
                                        file.corrupt(
                                                at + V5InodeRecord.MODE,
                                                "a file type in the mode",
                                                "0" + Long.toOctalString(mode)));
        check();
    }

    private void check() {
        long ino = number();
        long parent = file.u64(at + V5InodeRecord.PARENT);
        int name = nameSize();
        boolean bad =
                ino < 1
                        || ino > index
                        || linkCount() == 0
                        || name < 1
                        || name > BlobLimits.MAX_NAME + 1
                        || (index > 1 && parent == 0)
                        || (index > 1 && parent >= index);
        if (bad || V5InodeRecord.variableEnd(at, name, symlinkSize()) > file.size()) {
            throw file.corrupt(
                    at,
                    "an inode with a number up to "
                            + index
                            + ", links, a name and an earlier parent",
                    "ino "
                            + ino
                            + ", nlink "
                            + linkCount()
                            + ", name size "
                            + name
                            + ", parent "
                            + parent);
        }
    }

    private int nameSize() {
        return file.u16(at + V5InodeRecord.NAME_SIZE);
    }

    private int symlinkSize() {
        return file.u16(at + V5InodeRecord.SYMLINK_SIZE);
    }

    MemorySegment name() {
        return file.segment().asSlice(at + V5InodeRecord.SIZE, nameSize());
    }

    long position() {
        return at;
    }

    byte[] digest() {
        return V5InodeRecord.digest(file, at);
    }

    private boolean flag(int flag) {
        return (file.bits64(at + V5InodeRecord.FLAGS) & flag) != 0;
    }

    @Override
    public long number() {
        return file.u64(at + V5InodeRecord.INO);
    }

    @Override
    public FileType type() {
        return type;
    }

    @Override
    public int mode() {
        return file.u16(at + V5InodeRecord.MODE);
    }

    @Override
    public long uid() {
        return file.u32(at + V5InodeRecord.UID);
    }

    @Override
    public long gid() {
        return file.u32(at + V5InodeRecord.GID);
    }

    @Override
    public long size() {
        return file.u64(at + V5InodeRecord.FILE_SIZE);
    }

    @Override
    public long blocks() {
        return file.u64(at + V5InodeRecord.BLOCKS);
    }

    @Override
    public long linkCount() {
        return file.u32(at + V5InodeRecord.NLINK);
    }

    @Override
    public long rdev() {
        return type == FileType.REGULAR || type == FileType.DIRECTORY || type == FileType.SYMLINK
                ? 0
                : file.u32(at + V5InodeRecord.RDEV);
    }

    @Override
    public long mtimeSeconds() {
        return file.bits64(at + V5InodeRecord.MTIME);
    }

    @Override
    public int mtimeNanos() {
        long nanos = file.u32(at + V5InodeRecord.MTIME_NANOS);
        if (nanos >= 1_000_000_000) {
            throw file.corrupt(at, "less than a second of nanoseconds", Long.toString(nanos));
        }
        return (int) nanos;
    }

    @Override
    public byte[] symlinkTarget() {
        if (type != FileType.SYMLINK) {
            return new byte[0];
        }
        int size = symlinkSize();
        if (size == 0 || size > BlobLimits.MAX_SYMLINK) {
            throw file.corrupt(
                    at + V5InodeRecord.SYMLINK_SIZE,
                    "a symlink target of 1 to 4096 bytes",
                    size + " bytes");
        }
        byte[] target = file.bytes(at + V5InodeRecord.SIZE + V5InodeRecord.align(nameSize()), size);
        for (byte b : target) {
            if (b == 0) {
                throw file.corrupt(at, "a symlink target without NUL", "NUL");
            }
        }
        return target;
    }

    private long xattrsAt() {
        return V5InodeRecord.variableEnd(at, nameSize(), symlinkSize());
    }

    @Override
    public boolean hasXattrs() {
        return flag(V5InodeRecord.FLAG_XATTR);
    }

    @Override
    public List<Xattr> xattrs() {
        return hasXattrs() ? V5Xattrs.read(file, xattrsAt()) : List.of();
    }

    @Override
    public Optional<byte[]> xattr(byte[] name) {
        return xattrs().stream()
                .filter(x -> Arrays.equals(x.name(), name))
                .findFirst()
                .map(Xattr::value);
    }

    @Override
    public LayerHint layerHint() {
        return LayerHint.of(file.u32(at + V5InodeRecord.HINT), type);
    }

    @Override
    public long parentNumber() {
        return index == 1 ? number() : file.u64(at + V5InodeRecord.PARENT);
    }

    /** Index of the first child; checked with the count. */
    private int firstChild(int count) {
        long first = file.u32(at + V5InodeRecord.CHILD_INDEX);
        if (count > 0 && (first <= index || first + count - 1 > image.entries())) {
            throw file.corrupt(
                    at + V5InodeRecord.CHILD_INDEX,
                    "children behind " + index + " and up to " + image.entries(),
                    first + "+" + count);
        }
        return (int) first;
    }

    private int childCount() {
        return type == FileType.DIRECTORY ? file.u31(at + V5InodeRecord.CHILD_COUNT) : 0;
    }

    @Override
    public long lookup(MemorySegment name) {
        var found = find(name);
        return found == null ? -1 : found.number();
    }

    private @Nullable V5Inode find(MemorySegment name) {
        int count = childCount();
        int low = firstChild(count);
        int high = low + count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            var child = new V5Inode(image, middle);
            int order = compare(child.name(), name);
            if (order == 0) {
                return child;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return null;
    }

    private static int compare(MemorySegment a, MemorySegment b) {
        long mismatch = a.mismatch(b);
        if (mismatch < 0) {
            return 0;
        }
        if (mismatch == a.byteSize() || mismatch == b.byteSize()) {
            return Long.compare(a.byteSize(), b.byteSize());
        }
        return Integer.compare(
                a.get(ValueLayout.JAVA_BYTE, mismatch) & 0xff,
                b.get(ValueLayout.JAVA_BYTE, mismatch) & 0xff);
    }

    @Override
    public @Nullable Inode child(byte[] name) {
        return find(MemorySegment.ofArray(name));
    }

    @Override
    public boolean children(long cookie, ChildVisitor visitor) {
        int count = childCount();
        int first = firstChild(count);
        for (long i = Math.max(0, cookie); i < count; i++) {
            var child = new V5Inode(image, first + (int) i);
            var name = child.name();
            checkName(child.at, name);
            if (!visitor.child(child.number(), child.type, name, i + 1)) {
                return false;
            }
        }
        return true;
    }

    private void checkName(long where, MemorySegment name) {
        long length = name.byteSize();
        boolean dots = true;
        for (long i = 0; i < length; i++) {
            byte b = name.get(ValueLayout.JAVA_BYTE, i);
            dots &= b == '.';
            if (b == '/' || b == 0) {
                throw file.corrupt(where, "a name without slash and NUL", "byte " + b);
            }
        }
        if ((dots && length <= 2) || length > BlobLimits.MAX_NAME) {
            throw file.corrupt(where, "a file name", length + " bytes");
        }
    }

    @Override
    public int chunkCount() {
        if (type != FileType.REGULAR) {
            return 0;
        }
        int count = file.u31(at + V5InodeRecord.CHILD_COUNT);
        long size = size();
        long wanted = size == 0 ? 0 : (size - 1) / image.chunkSize() + 1;
        // HAS_HOLE would allow for missing records. No builder ever set it; readers would
        // have to know, so such a file is refused instead of read wrongly.
        if (wanted != count) {
            throw file.corrupt(
                    at + V5InodeRecord.CHILD_COUNT,
                    wanted + " chunks for " + size + " bytes",
                    Integer.toString(count));
        }
        if ((long) count * ChunkRecord.SIZE > file.size() - chunksAt()) {
            throw file.corrupt(at, count + " chunk records", "the end of the file");
        }
        return count;
    }

    private long chunksAt() {
        return hasXattrs() ? xattrsAt() + V5Xattrs.areaSize(file, xattrsAt()) : xattrsAt();
    }

    /** Where the record of chunk {@code k} lies. */
    long chunkAt(int k) {
        return chunksAt() + (long) ChunkRecord.SIZE * k;
    }

    @Override
    public ChunkRef chunkRef(int k) {
        return chunk(k).ref();
    }

    @Override
    public ChunkInfo chunk(int k) {
        int count = chunkCount();
        if (k < 0 || k >= count) {
            throw new IndexOutOfBoundsException("chunk " + k + " of " + count);
        }
        long where = chunkAt(k);
        var chunk = ChunkRecord.read(file, where);
        if (chunk.blobIndex() >= image.blobs().size()) {
            throw file.corrupt(
                    where + 32,
                    "one of " + image.blobs().size() + " blobs",
                    Integer.toString(chunk.blobIndex()));
        }
        if (chunk.uncompressedSize() > image.chunkSize()
                || chunk.fileOffset() != (long) k * image.chunkSize()) {
            throw file.corrupt(
                    where,
                    "a chunk of at most "
                            + image.chunkSize()
                            + " bytes at "
                            + (long) k * image.chunkSize(),
                    chunk.uncompressedSize() + " at " + chunk.fileOffset());
        }
        return image.withIndex(chunk);
    }

    @Override
    public String toString() {
        return "inode " + number() + " of " + image.name();
    }
}
