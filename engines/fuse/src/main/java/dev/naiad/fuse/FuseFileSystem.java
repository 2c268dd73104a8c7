package dev.naiad.fuse;

/**
 * A read-only tree served through FUSE. Methods run on the server's workers, several at a time, and
 * must not block: whatever has to wait for a disk that may be slow or for a network belongs behind
 * {@link ReadReply#park}.
 *
 * <p>A method answers 0, or an error number of {@link FuseResult}. A {@link
 * dev.naiad.base.error.NaiadException} that it throws becomes the errno of its kind, any other
 * exception EIO and a log line.
 *
 * <p>Nodes are numbers the file system chooses; 1 is the root. They should be a function of what
 * they stand for alone, so that a successor of a killed server understands those the kernel holds.
 * {@code out} objects are flyweights of the worker: they must not be kept beyond the call.
 */
public interface FuseFileSystem {
    /** The number of the root. */
    long ROOT = 1;

    /**
     * Finds a name. "No such name" is either ENOENT (the kernel asks again next time) or {@link
     * EntryOut#absent} and 0 (it remembers). After success with a node the kernel holds one more
     * reference to it, see {@link #forget}.
     */
    int lookup(long parent, FuseName name, EntryOut out);

    int getattr(long node, AttrOut out);

    int readlink(long node, DataOut out);

    /**
     * Opens a file. Not called where the server was told that opening needs no call ({@link
     * FuseOptions#noOpen}).
     *
     * @param flags of open(2)
     */
    default int open(long node, int flags, OpenOut out) {
        out.keepCache().noFlush();
        return 0;
    }

    /** A file opened by {@link #open} was closed for good. */
    default void release(long node) {}

    /**
     * Reads. Exactly one of the methods of {@code reply} that answer or park must be called,
     * whatever this method returns or throws; 0 is the normal result, and an error number counts as
     * {@link ReadReply#fail}.
     */
    int read(long node, long offset, int size, ReadReply reply);

    default int opendir(long node, OpenOut out) {
        return 0;
    }

    default void releasedir(long node) {}

    /**
     * Lists a directory, {@code .} and {@code ..} included.
     *
     * @param offset 0, or the {@code next} of an entry given before: listing goes on behind it
     */
    int readdir(long node, long offset, DirOut out);

    /**
     * The value of one extended attribute; ENODATA where there is none. Never ENOSYS: the kernel
     * would stop asking.
     */
    int getxattr(long node, FuseName name, DataOut out);

    /**
     * The names of all extended attributes, each ended by a NUL. Success with nothing where there
     * are none.
     */
    int listxattr(long node, DataOut out);

    int statfs(long node, StatfsOut out);

    /** Permission checks happen in the kernel (default_permissions). */
    default int access(long node, int mask) {
        return 0;
    }

    /**
     * The kernel gave up {@code count} references of those that successful lookups (and listings
     * with attributes) gave it.
     */
    default void forget(long node, long count) {}
}
