package dev.naiad.nydusdapi;

/** Operations counted per filesystem; the order is that of the arrays on the wire. */
public enum FsOperation {
    GETATTR,
    READLINK,
    OPEN,
    RELEASE,
    READ,
    STATFS,
    GETXATTR,
    LISTXATTR,
    OPENDIR,
    LOOKUP,
    READDIR,
    READDIRPLUS,
    ACCESS,
    FORGET,
    BATCH_FORGET
}
