package dev.naiad.linux;

/**
 * Flags of open(2), as on x86-64; O_DIRECT, O_DIRECTORY, O_NOFOLLOW and O_LARGEFILE differ on
 * arm64.
 */
public final class Open {
    private static final boolean ARM64 = "aarch64".equals(System.getProperty("os.arch"));

    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0x40;
    public static final int O_EXCL = 0x80;
    public static final int O_TRUNC = 0x200;
    public static final int O_APPEND = 0x400;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_DIRECT = ARM64 ? 0x10000 : 0x4000;
    public static final int O_LARGEFILE = ARM64 ? 0x20000 : 0x8000;
    public static final int O_DIRECTORY = ARM64 ? 0x4000 : 0x10000;
    public static final int O_NOFOLLOW = ARM64 ? 0x8000 : 0x20000;
    public static final int O_NOATIME = 0x40000;
    public static final int O_CLOEXEC = 0x80000;
    public static final int O_PATH = 0x200000;
    public static final int O_TMPFILE = 0x400000 | O_DIRECTORY;

    private Open() {}
}
