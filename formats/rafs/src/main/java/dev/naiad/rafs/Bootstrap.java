package dev.naiad.rafs;

import java.util.List;

/**
 * An open bootstrap: the metadata of an image, as views over bytes that the opener keeps mapped.
 * O(1) in heap (but for the blob table, and for {@link #chunks}, 4 bytes a chunk at first use).
 * Immutable, safe for concurrent use.
 */
public interface Bootstrap {
    /** What errors call it: a path or a blob id. */
    String name();

    RafsVersion version();

    /** Bytes of the file. */
    long byteSize();

    /** {@link SuperFlags} as stored. */
    long flags();

    Compressor compressor();

    Digester digester();

    /** Bytes of a chunk: a power of two, 4 KiB to 16 MiB. */
    int chunkSize();

    /** 4096, or 512 in tarfs images. */
    int blockSize();

    /** The count the superblock gives (v6: directory entries; v5: inodes). */
    long inodeCount();

    /** False: owners are not part of the image, the daemon reports its own. */
    default boolean hasExplicitOwners() {
        return (flags() & SuperFlags.EXPLICIT_UID_GID) != 0;
    }

    default boolean isTarfs() {
        return (flags() & SuperFlags.TARFS_MODE) != 0;
    }

    /**
     * The blob table; a placeholder id (see {@link BlobInfo#hasPlaceholderId}) is left as it is
     * stored.
     */
    List<BlobInfo> blobs();

    Inode root();

    /**
     * The inode with that number (v6: nid, v5: ino). A number that is none is a corrupt format, not
     * null.
     */
    Inode inode(long number);

    /**
     * Numbers of the inodes to prefetch, in order, without the terminator; one that is the root's
     * means everything.
     */
    long[] prefetch();

    /**
     * What this bootstrap knows about the chunks of a blob, with digests. v6: only chunks that the
     * tree uses are known, and batch and ZRAN chunks need the blob's own {code BlobMeta}. Built at
     * first use, then shared.
     */
    BlobChunks chunks(int blobIndex);
}
