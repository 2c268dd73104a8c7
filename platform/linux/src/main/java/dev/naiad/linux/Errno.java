package dev.naiad.linux;

import dev.naiad.base.error.ErrorKind;

/**
 * Error numbers of Linux (asm-generic/errno.h) that our code meets, and the mapping to and from
 * {@link ErrorKind}.
 */
public enum Errno {
    EPERM(1, ErrorKind.PERMISSION_DENIED, "Operation not permitted"),
    ENOENT(2, ErrorKind.NOT_FOUND, "No such file or directory"),
    ESRCH(3, ErrorKind.NOT_FOUND, "No such process"),
    EINTR(4, ErrorKind.CANCELLED, "Interrupted system call"),
    EIO(5, ErrorKind.UNAVAILABLE, "Input/output error"),
    ENXIO(6, ErrorKind.NOT_FOUND, "No such device or address"),
    E2BIG(7, ErrorKind.INVALID_ARGUMENT, "Argument list too long"),
    EBADF(9, ErrorKind.INTERNAL, "Bad file descriptor"),
    ECHILD(10, ErrorKind.NOT_FOUND, "No child processes"),
    EAGAIN(11, ErrorKind.UNAVAILABLE, "Resource temporarily unavailable"),
    ENOMEM(12, ErrorKind.RESOURCE_EXHAUSTED, "Cannot allocate memory"),
    EACCES(13, ErrorKind.PERMISSION_DENIED, "Permission denied"),
    EFAULT(14, ErrorKind.INTERNAL, "Bad address"),
    ENOTBLK(15, ErrorKind.UNIMPLEMENTED, "Block device required"),
    EBUSY(16, ErrorKind.FAILED_PRECONDITION, "Device or resource busy"),
    EEXIST(17, ErrorKind.ALREADY_EXISTS, "File exists"),
    EXDEV(18, ErrorKind.FAILED_PRECONDITION, "Invalid cross-device link"),
    ENODEV(19, ErrorKind.NOT_FOUND, "No such device"),
    ENOTDIR(20, ErrorKind.FAILED_PRECONDITION, "Not a directory"),
    EISDIR(21, ErrorKind.FAILED_PRECONDITION, "Is a directory"),
    EINVAL(22, ErrorKind.INVALID_ARGUMENT, "Invalid argument"),
    ENFILE(23, ErrorKind.RESOURCE_EXHAUSTED, "Too many open files in system"),
    EMFILE(24, ErrorKind.RESOURCE_EXHAUSTED, "Too many open files"),
    ENOTTY(25, ErrorKind.UNIMPLEMENTED, "Inappropriate ioctl for device"),
    ETXTBSY(26, ErrorKind.FAILED_PRECONDITION, "Text file busy"),
    EFBIG(27, ErrorKind.OUT_OF_RANGE, "File too large"),
    ENOSPC(28, ErrorKind.NO_SPACE, "No space left on device"),
    ESPIPE(29, ErrorKind.FAILED_PRECONDITION, "Illegal seek"),
    EROFS(30, ErrorKind.FAILED_PRECONDITION, "Read-only file system"),
    EMLINK(31, ErrorKind.RESOURCE_EXHAUSTED, "Too many links"),
    EPIPE(32, ErrorKind.UNAVAILABLE, "Broken pipe"),
    ERANGE(34, ErrorKind.OUT_OF_RANGE, "Numerical result out of range"),
    EDEADLK(35, ErrorKind.ABORTED, "Resource deadlock avoided"),
    ENAMETOOLONG(36, ErrorKind.INVALID_ARGUMENT, "File name too long"),
    ENOSYS(38, ErrorKind.UNIMPLEMENTED, "Function not implemented"),
    ENOTEMPTY(39, ErrorKind.FAILED_PRECONDITION, "Directory not empty"),
    ELOOP(40, ErrorKind.FAILED_PRECONDITION, "Too many levels of symbolic links"),
    ENODATA(61, ErrorKind.NOT_FOUND, "No data available"),
    ETIME(62, ErrorKind.DEADLINE_EXCEEDED, "Timer expired"),
    EPROTO(71, ErrorKind.INTERNAL, "Protocol error"),
    EBADMSG(74, ErrorKind.DATA_LOSS, "Bad message"),
    EOVERFLOW(75, ErrorKind.OUT_OF_RANGE, "Value too large for defined data type"),
    EUCLEAN(117, ErrorKind.DATA_LOSS, "Structure needs cleaning"),
    ENOTSOCK(88, ErrorKind.INTERNAL, "Socket operation on non-socket"),
    EOPNOTSUPP(95, ErrorKind.UNIMPLEMENTED, "Operation not supported"),
    EADDRINUSE(98, ErrorKind.ALREADY_EXISTS, "Address already in use"),
    ECONNABORTED(103, ErrorKind.UNAVAILABLE, "Software caused connection abort"),
    ECONNRESET(104, ErrorKind.UNAVAILABLE, "Connection reset by peer"),
    ENOTCONN(107, ErrorKind.UNAVAILABLE, "Transport endpoint is not connected"),
    ETIMEDOUT(110, ErrorKind.DEADLINE_EXCEEDED, "Connection timed out"),
    ECONNREFUSED(111, ErrorKind.UNAVAILABLE, "Connection refused"),
    EALREADY(114, ErrorKind.ABORTED, "Operation already in progress"),
    ESTALE(116, ErrorKind.ABORTED, "Stale file handle"),
    EDQUOT(122, ErrorKind.NO_SPACE, "Disk quota exceeded"),
    ECANCELED(125, ErrorKind.CANCELLED, "Operation canceled");

    private final int number;
    private final ErrorKind kind;
    private final String text;

    Errno(int number, ErrorKind kind, String text) {
        this.number = number;
        this.kind = kind;
        this.text = text;
    }

    /** The positive number. */
    public int number() {
        return number;
    }

    /** What kind of failure it is. */
    public ErrorKind kind() {
        return kind;
    }

    /** What strerror says. */
    public String text() {
        return text;
    }

    /** The constant for a number; EIO for one we do not know. */
    public static Errno of(int number) {
        for (Errno errno : values()) {
            if (errno.number == number) {
                return errno;
            }
        }
        return EIO;
    }

    /**
     * What a file system answers for a failure of this kind. Never success: a read that failed must
     * not look like one of zeros.
     */
    public static Errno of(ErrorKind kind) {
        return switch (kind) {
            case INVALID_ARGUMENT, OUT_OF_RANGE -> EINVAL;
            case NOT_FOUND -> ENOENT;
            case ALREADY_EXISTS -> EEXIST;
            case PERMISSION_DENIED -> EPERM;
            case UNAUTHENTICATED -> EACCES;
            case RESOURCE_EXHAUSTED -> ENOMEM;
            case NO_SPACE -> ENOSPC;
            case FAILED_PRECONDITION -> EBUSY;
            case ABORTED -> EAGAIN;
            case UNIMPLEMENTED -> ENOSYS;
            case INTERNAL, UNAVAILABLE, DATA_LOSS -> EIO;
            case DEADLINE_EXCEEDED -> ETIMEDOUT;
            case CANCELLED -> EINTR;
        };
    }
}
