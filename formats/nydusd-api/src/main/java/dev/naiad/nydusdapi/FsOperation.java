package dev.naiad.nydusdapi;

/** Operations counted per filesystem; the order is that of the arrays on the wire. */
public enum FsOperation {
    GETATTR(0),
    READLINK(1),
    OPEN(2),
    RELEASE(3),
    READ(4),
    STATFS(5),
    GETXATTR(6),
    LISTXATTR(7),
    OPENDIR(8),
    LOOKUP(9),
    READDIR(10),
    READDIRPLUS(11),
    ACCESS(12),
    FORGET(13),
    BATCH_FORGET(14);

    /** How many there are. */
    public static final int COUNT = 15;

    private final int index;

    FsOperation(int index) {
        this.index = index;
    }

    /** Position in the arrays on the wire. */
    public int index() {
        return index;
    }
}
