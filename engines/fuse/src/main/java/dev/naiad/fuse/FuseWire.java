package dev.naiad.fuse;

/**
 * Numbers of the FUSE protocol 7.x ({@code include/uapi/linux/fuse.h}). All fields are in native
 * byte order.
 *
 * <pre>
 * in_header  40: len u32 @0, opcode u32 @4, unique u64 @8, nodeid u64 @16, uid @24, gid @28, pid @32
 * out_header 16: len u32 @0, error s32 @4 (negated errno; positive: a notification), unique u64 @8
 * </pre>
 */
final class FuseWire {
    static final int MAJOR = 7;

    /** What we answer to a newer kernel; RESEND came with 7.40. */
    static final int MINOR = 41;

    static final int IN_HEADER = 40;
    static final int IN_LENGTH = 0;
    static final int IN_OPCODE = 4;
    static final int IN_UNIQUE = 8;
    static final int IN_NODE = 16;
    static final int IN_PID = 32;

    static final int OUT_HEADER = 16;
    static final int OUT_LENGTH = 0;
    static final int OUT_ERROR = 4;
    static final int OUT_UNIQUE = 8;

    // Requests.
    static final int LOOKUP = 1;
    static final int FORGET = 2;
    static final int GETATTR = 3;
    static final int SETATTR = 4;
    static final int READLINK = 5;
    static final int SYMLINK = 6;
    static final int MKNOD = 8;
    static final int MKDIR = 9;
    static final int UNLINK = 10;
    static final int RMDIR = 11;
    static final int RENAME = 12;
    static final int LINK = 13;
    static final int OPEN = 14;
    static final int READ = 15;
    static final int WRITE = 16;
    static final int STATFS = 17;
    static final int RELEASE = 18;
    static final int SETXATTR = 21;
    static final int GETXATTR = 22;
    static final int LISTXATTR = 23;
    static final int REMOVEXATTR = 24;
    static final int INIT = 26;
    static final int OPENDIR = 27;
    static final int READDIR = 28;
    static final int RELEASEDIR = 29;
    static final int ACCESS = 34;
    static final int CREATE = 35;
    static final int INTERRUPT = 36;
    static final int DESTROY = 38;
    static final int BATCH_FORGET = 42;
    static final int FALLOCATE = 43;
    static final int READDIRPLUS = 44;
    static final int RENAME2 = 45;
    static final int LSEEK = 46;
    static final int COPY_FILE_RANGE = 47;
    static final int TMPFILE = 51;

    // INIT flags; those above bit 31 travel in a second word and count only with INIT_EXT.
    static final long ASYNC_READ = 1L;
    static final long BIG_WRITES = 1L << 5;
    static final long DO_READDIRPLUS = 1L << 13;
    static final long READDIRPLUS_AUTO = 1L << 14;
    static final long NO_OPEN_SUPPORT = 1L << 17;
    static final long PARALLEL_DIROPS = 1L << 18;
    static final long ABORT_ERROR = 1L << 21;
    static final long MAX_PAGES = 1L << 22;
    static final long CACHE_SYMLINKS = 1L << 23;
    static final long EXPLICIT_INVAL_DATA = 1L << 25;
    static final long INIT_EXT = 1L << 30;
    static final long HAS_RESEND = 1L << 39;

    // Reply of OPEN and OPENDIR.
    static final int FOPEN_KEEP_CACHE = 1 << 1;
    static final int FOPEN_CACHE_DIR = 1 << 3;
    static final int FOPEN_NOFLUSH = 1 << 5;

    // Notifications: the error field of a message whose unique is 0.
    static final int NOTIFY_INVAL_ENTRY = 3;
    static final int NOTIFY_RESEND = 7;

    static final int ENTRY_OUT = 128;
    static final int ENTRY_ATTR = 40;
    static final int ATTR_OUT = 104;
    static final int ATTR_OUT_ATTR = 16;
    static final int ATTR = 88;
    static final int DIRENT = 24;
    static final int INIT_OUT = 64;
    static final int STATFS_OUT = 80;

    private FuseWire() {}
}
