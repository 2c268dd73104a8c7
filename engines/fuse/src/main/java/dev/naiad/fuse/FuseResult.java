package dev.naiad.fuse;

/**
 * What the methods of a {@link FuseFileSystem} answer: 0 or an error number. The numbers are those
 * of {@link dev.naiad.linux.Errno}, as constants that a switch can use and that cost nothing per
 * request.
 */
public final class FuseResult {
    public static final int OK = 0;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int E2BIG = 7;
    public static final int EAGAIN = 11;
    public static final int EACCES = 13;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int EROFS = 30;
    public static final int ERANGE = 34;
    public static final int ENOSYS = 38;
    public static final int ENODATA = 61;
    public static final int EPROTO = 71;
    public static final int ECONNABORTED = 103;

    private FuseResult() {}
}
