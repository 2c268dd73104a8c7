package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.ChunkRef;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.LayerHint;
import dev.naiad.rafs.Xattr;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An inode of a v6 image: two numbers and a reference. */
final class V6Inode implements Inode {
    private static final MemorySegment DOT_DOT = MemorySegment.ofArray(new byte[] {'.', '.'});

    private final V6Bootstrap image;
    private final LittleEndian file;
    private final long nid;
    private final long at;
    private final boolean extended;
    private final FileType type;

    V6Inode(V6Bootstrap image, long nid) {
        this.image = image;
        this.file = image.file();
        this.nid = nid;
        this.at = image.position(nid);
        this.extended = ErofsInode.isExtended(file, at);
        int mode = ErofsInode.mode(file, at);
        this.type =
                FileType.ofMode(mode)
                        .orElseThrow(
                                () ->
                                        file.corrupt(
                                                at + 4,
                                                "a file type in the mode",
                                                "0" + Integer.toOctalString(mode)));
        if (linkCount() == 0) {
            throw file.corrupt(at, "an inode with links (nid " + nid + ")", "link count 0");
        }
    }

    private long headEnd() {
        return at + (extended ? ErofsInode.EXTENDED : ErofsInode.COMPACT);
    }

    private long xattrEnd() {
        long end = headEnd() + ErofsInode.xattrSize(file, at);
        if (end > file.size()) {
            throw file.corrupt(at, "attributes inside the file", "the end of the file");
        }
        return end;
    }

    @Override
    public long number() {
        return nid;
    }

    @Override
    public FileType type() {
        return type;
    }

    @Override
    public int mode() {
        return ErofsInode.mode(file, at);
    }

    @Override
    public long uid() {
        return ErofsInode.uid(file, at, extended);
    }

    @Override
    public long gid() {
        return ErofsInode.gid(file, at, extended);
    }

    @Override
    public long size() {
        return ErofsInode.size(file, at, extended);
    }

    @Override
    public long blocks() {
        return size() / 512 + (size() % 512 == 0 ? 0 : 1);
    }

    @Override
    public long linkCount() {
        return ErofsInode.linkCount(file, at, extended);
    }

    @Override
    public long rdev() {
        return type == FileType.REGULAR || type == FileType.DIRECTORY || type == FileType.SYMLINK
                ? 0
                : ErofsInode.union(file, at);
    }

    @Override
    public long mtimeSeconds() {
        return ErofsInode.mtimeSeconds(file, at, extended);
    }

    @Override
    public int mtimeNanos() {
        long nanos = ErofsInode.mtimeNanos(file, at, extended);
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
        long size = size();
        if (size == 0 || size > BlobLimits.MAX_SYMLINK) {
            throw file.corrupt(at + 8, "a symlink target of 1 to 4096 bytes", size + " bytes");
        }
        byte[] target = new byte[(int) size];
        int full =
                ErofsInode.layout(file, at) == ErofsInode.FLAT_INLINE
                        ? target.length / image.blockSize() * image.blockSize()
                        : target.length;
        if (full > 0) {
            MemorySegment.copy(bounded(dataAt(), full), 0, MemorySegment.ofArray(target), 0, full);
        }
        if (full < target.length) {
            int tail = target.length - full;
            MemorySegment.copy(
                    bounded(xattrEnd(), tail), 0, MemorySegment.ofArray(target), full, tail);
        }
        for (int i = 0; i < target.length; i++) {
            if (target[i] == 0) {
                throw file.corrupt(at, "a symlink target without NUL", "NUL at byte " + i);
            }
        }
        return target;
    }

    private MemorySegment bounded(long from, long length) {
        if (from < 0 || from > file.size() - length) {
            throw file.corrupt(
                    at, length + " bytes at " + from + " inside the file", "the end of the file");
        }
        return file.segment().asSlice(from, length);
    }

    private long dataAt() {
        return ErofsInode.union(file, at) * image.blockSize();
    }

    @Override
    public boolean hasXattrs() {
        return ErofsInode.xattrSize(file, at) > 0;
    }

    @Override
    public List<Xattr> xattrs() {
        xattrEnd();
        return XattrArea.read(file, headEnd(), ErofsInode.xattrSize(file, at));
    }

    @Override
    public Optional<byte[]> xattr(byte[] name) {
        for (var xattr : xattrs()) {
            if (Arrays.equals(xattr.name(), name)) {
                return Optional.of(xattr.value());
            }
        }
        return Optional.empty();
    }

    private V6Directory directory() {
        if (type != FileType.DIRECTORY) {
            return new V6Directory(file, image.blockSize(), 0, 0, -1);
        }
        int layout = ErofsInode.layout(file, at);
        long size = size();
        if (layout == ErofsInode.CHUNK_BASED || size > file.size()) {
            throw file.corrupt(
                    at,
                    "a directory with entries in this file",
                    "layout " + layout + ", size " + size);
        }
        return new V6Directory(
                file,
                image.blockSize(),
                size,
                dataAt(),
                layout == ErofsInode.FLAT_INLINE ? xattrEnd() : -1);
    }

    @Override
    public LayerHint layerHint() {
        return LayerHint.of(ErofsInode.hint(file, at, extended), type);
    }

    @Override
    public long parentNumber() {
        if (nid == image.rootNid()) {
            return nid;
        }
        long parent = directory().find(DOT_DOT);
        if (parent < 0) {
            throw file.corrupt(at, "a directory with an entry ..", "none");
        }
        return parent;
    }

    @Override
    public long lookup(MemorySegment name) {
        long length = name.byteSize();
        if (length <= 2 && length > 0 && DOT_DOT.asSlice(0, length).mismatch(name) < 0) {
            return -1;
        }
        return directory().find(name);
    }

    @Override
    public @Nullable Inode child(byte[] name) {
        long number = lookup(MemorySegment.ofArray(name));
        return number < 0 ? null : new V6Inode(image, number);
    }

    @Override
    public boolean children(long cookie, ChildVisitor visitor) {
        return directory().visit(cookie, visitor);
    }

    @Override
    public int chunkCount() {
        long size = size();
        if (type != FileType.REGULAR || size == 0) {
            return 0;
        }
        if (ErofsInode.layout(file, at) != ErofsInode.CHUNK_BASED) {
            throw file.corrupt(
                    at, "a file of chunks", "data layout " + ErofsInode.layout(file, at));
        }
        long chunks = (size - 1) / image.chunkSize() + 1;
        long from = ChunkIndexRecord.align(xattrEnd());
        if (chunks > (file.size() - from) / ChunkIndexRecord.SIZE) {
            throw file.corrupt(
                    at, chunks + " chunk records for " + size + " bytes", "the end of the file");
        }
        return (int) chunks;
    }

    @Override
    public ChunkRef chunkRef(int k) {
        int count = chunkCount();
        if (k < 0 || k >= count) {
            throw new IndexOutOfBoundsException("chunk " + k + " of " + count);
        }
        long record = ChunkIndexRecord.align(xattrEnd()) + (long) k * ChunkIndexRecord.SIZE;
        int blobIndex = ChunkIndexRecord.blobIndex(file, record);
        if (blobIndex < 0 || blobIndex >= image.blobs().size()) {
            throw file.corrupt(
                    record + 2,
                    "one of " + image.blobs().size() + " blobs",
                    "device " + (blobIndex + 1));
        }
        BlobInfo blob = image.blobs().get(blobIndex);
        int chunkIndex = ChunkIndexRecord.chunkIndex(file, record);
        if (chunkIndex >= blob.chunkCount()
                && !blob.has(BlobFeatures.TARFS | BlobFeatures.IS_CHUNKDICT_GENERATED)) {
            throw file.corrupt(
                    record,
                    "a chunk index below " + blob.chunkCount(),
                    Integer.toString(chunkIndex));
        }
        long fileOffset = (long) k * image.chunkSize();
        return new ChunkRef(
                blobIndex,
                chunkIndex,
                fileOffset,
                ChunkIndexRecord.block(file, record) * image.blockSize(),
                (int) Math.min(image.chunkSize(), size() - fileOffset));
    }

    @Override
    public ChunkInfo chunk(int k) {
        return image.record(chunkRef(k));
    }

    @Override
    public String toString() {
        return "nid " + nid + " of " + image.name();
    }
}
