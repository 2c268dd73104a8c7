package dev.naiad.rafs;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One file, directory or other node of an image: a small view over the mapped bootstrap, to be
 * created at will and thrown away. Immutable and safe for concurrent use as long as the bootstrap
 * stays mapped. Every method throws {@link dev.naiad.base.error.CorruptFormatException} where the
 * bytes contradict the format.
 */
public interface Inode {
    /**
     * The number by which {@link Bootstrap#inode} finds it again and which users see: the nid in
     * v6, the ino in v5.
     */
    long number();

    FileType type();

    /** The whole {@code st_mode} with type bits. */
    int mode();

    /** As stored: 0 in images without explicit owners ({@link Bootstrap#hasExplicitOwners}). */
    long uid();

    long gid();

    /** Bytes of a regular file, of a symlink's target, or of the directory as stored. */
    long size();

    /** Blocks of 512 bytes as {@code st_blocks} reports them. */
    long blocks();

    long linkCount();

    /** Linux {@code makedev} value (32 bits) of a device, as stored for all others. */
    long rdev();

    long mtimeSeconds();

    int mtimeNanos();

    /** The bytes of a symlink's target, no NUL; empty for others. */
    byte[] symlinkTarget();

    boolean hasXattrs();

    List<Xattr> xattrs();

    /** The value of one attribute by its whole name. */
    Optional<byte[]> xattr(byte[] name);

    /** What a layer's bootstrap tells a merger. */
    LayerHint layerHint();

    /** The number of the directory above a directory; the root's own for the root. */
    long parentNumber();

    /**
     * The number of the child with that name (bytes, no NUL), or -1. Costs a binary search. {@code
     * .} and {@code ..} are never found.
     */
    long lookup(MemorySegment name);

    /** The child with that name, if any. */
    @Nullable Inode child(byte[] name);

    /**
     * Visits the children in byte order of their names, without {@code .} and {@code ..}.
     *
     * @param cookie 0 to begin, or a cookie given to the visitor to go on behind that entry
     * @return false if the visitor ended it
     */
    boolean children(long cookie, ChildVisitor visitor);

    /** Chunks of a regular file; 0 for others. */
    int chunkCount();

    /** Where chunk {@code k} of this file lies; cheap. */
    ChunkRef chunkRef(int k);

    /**
     * The full record of chunk {@code k}; in v6 this builds the chunk table's index at first use.
     */
    ChunkInfo chunk(int k);

    /** Receives directory entries. */
    @FunctionalInterface
    interface ChildVisitor {
        /**
         * One entry.
         *
         * @param number of the child
         * @param name its bytes, valid during the call only
         * @param nextCookie to go on behind this entry, never 0
         * @return false to stop
         */
        boolean child(long number, FileType type, MemorySegment name, long nextCookie);
    }
}
