package dev.naiad.rafs;

/**
 * What the bootstrap of a single layer tells a merger about an inode. Kept in bytes of the inode
 * that the format reserves and other readers skip; merged images have none.
 * docs/formats/rafs-v6.md#hints
 */
public enum LayerHint {
    NONE,

    /**
     * A directory that the layer's archive did not list: one below keeps its attributes, and a
     * symlink below leads on.
     */
    IMPLICIT_DIRECTORY,

    /**
     * A hard link to a file of a lower layer. The layer alone shows a symlink to the file's
     * absolute path.
     */
    LINK_BELOW;

    /** As stored. */
    public int code() {
        return this == NONE ? 0 : this == IMPLICIT_DIRECTORY ? 1 : 2;
    }

    /** What a stored value means for an inode of that type; unknown values mean nothing. */
    public static LayerHint of(long code, FileType type) {
        if (code == IMPLICIT_DIRECTORY.code() && type == FileType.DIRECTORY) {
            return IMPLICIT_DIRECTORY;
        }
        return code == LINK_BELOW.code() && type == FileType.SYMLINK ? LINK_BELOW : NONE;
    }
}
