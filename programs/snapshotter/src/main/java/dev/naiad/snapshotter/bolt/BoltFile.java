package dev.naiad.snapshotter.bolt;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An open bbolt database. Any number of threads may read at once, one writes; a reader sees either
 * all or nothing of a transaction, and so does a process that opens the file after a kill at any
 * moment: new pages are written and synced first, then one of two meta pages is replaced and
 * synced. The file is locked against every other process, the original snapshotter included, until
 * {@link #close}.
 *
 * <p>Behind the pages in use the file keeps {@link #RESERVE_PAGES} more, written and therefore
 * allocated. Only {@link #writeFromReserve} may use them, so that what frees space can be recorded
 * while the disk is full. A separate file that is given up would not do: whatever else writes to
 * that disk would take its blocks first.
 */
public final class BoltFile implements AutoCloseable {
    private static final int NEW_PAGE_SIZE = 4096;

    /** Far more than the removal of one record changes. */
    static final int RESERVE_PAGES = 64;

    private static final int[] PAGE_SIZES = {4096, 8192, 16384, 32768, 65536, 1024, 2048};

    private final String name;
    private final AutoCloseable lock;

    /** Not a channel: an interrupt must not close the file for everybody. Guarded by itself. */
    private final RandomAccessFile file;

    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

    /** All guarded by {@link #gate}. */
    private BoltMeta meta;

    private BitSet free;

    /** Up to where the file is known to have its blocks. */
    private long allocatedEnd;

    private BoltFile(String name, AutoCloseable lock, RandomAccessFile file) throws IOException {
        this.name = name;
        this.lock = lock;
        this.file = file;
        if (isFresh()) {
            create();
        }
        this.meta = newestMeta();
        this.free = freePages(meta);
    }

    /**
     * Opens or creates (mode 0600) the database, waiting up to {@code lockWait} for another process
     * to let go of it.
     *
     * @throws NaiadException UNAVAILABLE if somebody else holds it, DATA_LOSS if it is not an
     *     intact database
     */
    public static BoltFile open(Path path, Duration lockWait) {
        try {
            if (!Files.exists(path)) {
                Files.createFile(
                        path,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
            }
            AutoCloseable lock = BoltLock.acquire(path, lockWait);
            @Nullable RandomAccessFile file = null;
            try {
                file = new RandomAccessFile(path.toFile(), "rw");
                return new BoltFile(path.toString(), lock, file);
            } catch (IOException | RuntimeException e) {
                closeQuietly(file, e);
                closeQuietly(lock, e);
                throw e;
            }
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "open database " + path + ": " + e.getMessage(), e);
        }
    }

    private static void closeQuietly(@Nullable AutoCloseable resource, Exception cause) {
        try {
            if (resource != null) {
                resource.close();
            }
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
    }

    String name() {
        return name;
    }

    /** Runs {@code work} on the database as it is now. The bucket must not be used afterwards. */
    public <T> T read(Function<BoltBucket, T> work) {
        gate.readLock().lock();
        try {
            return work.apply(new BoltTransaction(this, meta, free, false).root());
        } finally {
            gate.readLock().unlock();
        }
    }

    /**
     * Runs {@code work} and makes its changes durable; none of them happened if it throws.
     *
     * @throws NaiadException NO_SPACE if the file cannot grow and keep its reserve
     */
    public <T> T write(Function<BoltBucket, T> work) {
        return write(work, true);
    }

    /** {@link #write} that may use the reserve: for work that adds little or nothing. */
    public <T> T writeFromReserve(Function<BoltBucket, T> work) {
        return write(work, false);
    }

    private <T> T write(Function<BoltBucket, T> work, boolean keepReserve) {
        gate.writeLock().lock();
        try {
            var transaction = new BoltTransaction(this, meta, (BitSet) free.clone(), true);
            T result = work.apply(transaction.root());
            if (transaction.isDirty()) {
                commit(transaction, keepReserve);
            }
            return result;
        } finally {
            gate.writeLock().unlock();
        }
    }

    private void commit(BoltTransaction transaction, boolean keepReserve) {
        BoltMeta next = transaction.finish();
        try {
            if (keepReserve) {
                reserveBehind(next.highWater());
            }
            for (Map.Entry<Long, byte[]> page : transaction.written().entrySet()) {
                writeAt(page.getKey() * meta.pageSize(), page.getValue());
            }
            file.getFD().sync();
            writeAt(next.pageNumber() * meta.pageSize(), next.toPage());
            file.getFD().sync();
        } catch (IOException e) {
            reload(e);
            var kind = AtomicFiles.isFull(e) ? ErrorKind.NO_SPACE : ErrorKind.INTERNAL;
            throw new NaiadException(kind, "write database " + name + ": " + e.getMessage(), e);
        }
        meta = next;
        free = transaction.freeAfterCommit();
    }

    /**
     * Allocates the reserve behind the first {@code pages} pages, by writing it: a file that grew
     * by truncate(2), as bbolt's do, has no blocks there. Nothing in use is touched.
     */
    private void reserveBehind(long pages) throws IOException {
        long end = (pages + RESERVE_PAGES) * meta.pageSize();
        long from = Math.max(allocatedEnd, meta.highWater() * meta.pageSize());
        if (from < end) {
            writeAt(from, new byte[Math.toIntExact(end - from)]);
            allocatedEnd = end;
        }
    }

    /** After a failed write only the disk knows which meta page is in force. */
    private void reload(IOException cause) {
        try {
            meta = newestMeta();
            free = freePages(meta);
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    private boolean isFresh() throws IOException {
        synchronized (file) {
            return file.length() == 0;
        }
    }

    private void create() throws IOException {
        var first = new BoltMeta(NEW_PAGE_SIZE, 3, 0, 2, 4, 0);
        var second = new BoltMeta(NEW_PAGE_SIZE, 3, 0, 2, 4, 1);
        byte[] all = new byte[4 * NEW_PAGE_SIZE];
        System.arraycopy(first.toPage(), 0, all, 0, NEW_PAGE_SIZE);
        System.arraycopy(second.toPage(), 0, all, NEW_PAGE_SIZE, NEW_PAGE_SIZE);
        byte[] freeList = BoltPage.encodeFreeList(2, new long[0], NEW_PAGE_SIZE, 0);
        System.arraycopy(freeList, 0, all, 2 * NEW_PAGE_SIZE, NEW_PAGE_SIZE);
        byte[] leaf = BoltPage.encode(3, true, List.of(), NEW_PAGE_SIZE, 0);
        System.arraycopy(leaf, 0, all, 3 * NEW_PAGE_SIZE, NEW_PAGE_SIZE);
        writeAt(0, all);
        file.getFD().sync();
    }

    private BoltMeta newestMeta() throws IOException {
        Optional<BoltMeta> first = BoltMeta.read(readAt(0, BoltPage.HEADER + BoltMeta.SIZE));
        Optional<BoltMeta> second = Optional.empty();
        for (int size : first.map(m -> new int[] {m.pageSize()}).orElse(PAGE_SIZES)) {
            second =
                    BoltMeta.read(readAt(size, BoltPage.HEADER + BoltMeta.SIZE))
                            .filter(m -> m.pageSize() == size);
            if (second.isPresent()) {
                break;
            }
        }
        BoltMeta found =
                first.isEmpty()
                                || (second.isPresent()
                                        && second.get().transaction() > first.get().transaction())
                        ? second.orElseThrow(
                                () ->
                                        new CorruptFormatException(
                                                name, 0, "a valid meta page", "none"))
                        : first.get();
        if (found.highWater() < 4 || found.highWater() > Integer.MAX_VALUE) {
            throw new CorruptFormatException(
                    name, 0, "a sound page count", String.valueOf(found.highWater()));
        }
        return found;
    }

    private BitSet freePages(BoltMeta current) throws IOException {
        var pages = new BitSet();
        if (current.freeList() == BoltMeta.NO_FREE_LIST) {
            BitSet used = new BoltReachable(this, current).pages();
            pages.set(2, (int) current.highWater());
            pages.andNot(used);
            return pages;
        }
        long offset = current.freeList() * current.pageSize();
        for (long page : BoltPage.freeList(readPage(current.freeList(), current), name, offset)) {
            if (page < 2 || page >= current.highWater()) {
                throw new CorruptFormatException(
                        name, offset, "free pages inside the file", String.valueOf(page));
            }
            pages.set((int) page);
        }
        return pages;
    }

    /** A whole page with those that belong to it, checked to be the one asked for. */
    byte[] readPage(long page, BoltMeta current) {
        if (page < 2 || page >= current.highWater()) {
            throw new CorruptFormatException(
                    name,
                    0,
                    "a page number of 2.." + (current.highWater() - 1),
                    String.valueOf(page));
        }
        long offset = page * current.pageSize();
        try {
            byte[] bytes = readAt(offset, current.pageSize());
            if (bytes.length < current.pageSize() || BoltPage.number(bytes) != page) {
                throw new CorruptFormatException(
                        name,
                        offset,
                        "page " + page,
                        bytes.length < current.pageSize()
                                ? "end of file"
                                : "page " + BoltPage.number(bytes));
            }
            long overflow = BoltPage.overflow(bytes);
            if (overflow == 0) {
                return bytes;
            }
            if (page + overflow >= current.highWater()) {
                throw new CorruptFormatException(
                        name, offset, "pages inside the file", overflow + " further pages");
            }
            int length = Math.toIntExact((overflow + 1) * current.pageSize());
            byte[] all = readAt(offset, length);
            if (all.length < length) {
                throw new CorruptFormatException(
                        name, offset, length + " bytes", all.length + " bytes");
            }
            return all;
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "read database " + name + ": " + e.getMessage(), e);
        }
    }

    /** Free pages as the free list says; for tests. */
    BitSet freeForTest() {
        return (BitSet) free.clone();
    }

    BoltMeta metaForTest() {
        return meta;
    }

    private byte[] readAt(long offset, int length) throws IOException {
        synchronized (file) {
            long end = file.length();
            if (offset >= end) {
                return new byte[0];
            }
            byte[] bytes = new byte[(int) Math.min(length, end - offset)];
            file.seek(offset);
            file.readFully(bytes);
            return bytes;
        }
    }

    private void writeAt(long offset, byte[] bytes) throws IOException {
        synchronized (file) {
            file.seek(offset);
            file.write(bytes);
        }
    }

    @Override
    public void close() {
        gate.writeLock().lock();
        try (lock;
                file) {
            // Both are closed here; nothing is pending.
        } catch (Exception e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "close database " + name + ": " + e.getMessage(), e);
        } finally {
            gate.writeLock().unlock();
        }
    }
}
