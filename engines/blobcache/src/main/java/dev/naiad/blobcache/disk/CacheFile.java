package dev.naiad.blobcache.disk;

import dev.naiad.blobcache.chunkmap.BootId;
import dev.naiad.blobcache.chunkmap.CheckedChunkMap;
import dev.naiad.blobcache.chunkmap.ChunkMap;
import dev.naiad.blobcache.chunkmap.MappedChunkMap;
import dev.naiad.linux.Errno;
import dev.naiad.linux.ErrnoException;
import dev.naiad.linux.Fd;
import dev.naiad.linux.MappedFile;
import dev.naiad.linux.Open;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A blob's sparse data file with its chunk map, opened as a pair, because either without the other
 * is worthless: a map beside a data file that is missing, empty or of another length is stale (the
 * snapshotter of the original removes the data and leaves the map), and its bits would hand out
 * zeros.
 *
 * <p>Safe for use by many threads. {@link #close} comes after the last use of any view.
 */
public final class CacheFile implements AutoCloseable {
    private static final int MODE = 0600;
    private static final int DO_NOT_NEED = 4;

    /**
     * Pages that were looked at through the map count as the process's memory until the kernel
     * needs them. After so many bytes they are let go of (they stay in the page cache), so that a
     * daemon does not seem to grow with the image.
     */
    private static final long FORGET_BYTES = 64L << 20;

    private final Path path;
    private final Fd fd;
    private final CheckedChunkMap chunks;
    private final MappedFile mapped;
    private final AtomicLong viewed = new AtomicLong();

    private CacheFile(Path path, Fd fd, CheckedChunkMap chunks, long length) {
        this.path = path;
        this.fd = fd;
        this.chunks = chunks;
        this.mapped = MappedFile.map(fd, 0, length, false);
    }

    /**
     * Opens or makes the pair.
     *
     * @param keepsCompressed the file holds bytes as in the blob (.blob.raw), not uncompressed ones
     *     (.blob.data)
     * @param length what the file's length must be
     * @param boot what others wrote under another one is checked before it is handed out
     * @throws IOException or ErrnoException if that is not possible: no space, no permission
     */
    public static CacheFile open(
            Path directory,
            String blobId,
            boolean keepsCompressed,
            long length,
            int chunks,
            BootId boot)
            throws IOException {
        Path data = CacheFileNames.data(directory, blobId);
        Path raw = CacheFileNames.raw(directory, blobId);
        Path path = keepsCompressed ? raw : data;
        Path mapPath = CacheFileNames.chunkMap(directory, blobId);
        // Both kinds share the map's name, so that with both files there nobody knows whose bits
        // they are.
        boolean ambiguous = Files.deleteIfExists(keepsCompressed ? data : raw);
        if (!ambiguous) {
            CacheFile present = openPresent(path, mapPath, length, chunks, boot);
            if (present != null) {
                return present;
            }
        }
        // First the map, then the data: killed in between, the next one finds a data file of the
        // wrong length again.
        var map = MappedChunkMap.replace(mapPath, chunks);
        Fd fd;
        try {
            fd = make(path, length);
        } catch (IOException | RuntimeException e) {
            map.close();
            throw e;
        }
        return open(path, fd, map, mapPath, length, boot, true);
    }

    private static @Nullable CacheFile openPresent(
            Path path, Path mapPath, long length, int chunks, BootId boot) throws IOException {
        Fd fd;
        try {
            fd = Fd.open(path, Open.O_RDWR, 0);
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT)) {
                return null;
            }
            throw e;
        }
        boolean kept = false;
        try {
            if (fd.size() == length) {
                // The map is opened after the data: a map that somebody renewed in between only
                // says less.
                var map = MappedChunkMap.open(mapPath, chunks);
                kept = true;
                return open(path, fd, map, mapPath, length, boot, false);
            }
            return null;
        } finally {
            if (!kept) {
                fd.close();
            }
        }
    }

    /** Owns the descriptor and the map, also where it throws. */
    private static CacheFile open(
            Path path,
            Fd fd,
            MappedChunkMap map,
            Path mapPath,
            long length,
            BootId boot,
            boolean isNew)
            throws IOException {
        CheckedChunkMap checked = null;
        try {
            checked = CheckedChunkMap.open(map, mapPath, fd, boot, isNew);
            return new CacheFile(path, fd, checked, length);
        } catch (IOException | RuntimeException e) {
            if (checked != null) {
                checked.close();
            }
            fd.close();
            throw e;
        }
    }

    private static Fd make(Path path, long length) throws IOException {
        if (Files.exists(path) && Files.size(path) > length) {
            // Not shortened: another process may be reading it.
            Files.delete(path);
        }
        var fd = Fd.open(path, Open.O_RDWR | Open.O_CREAT, MODE);
        boolean kept = false;
        try {
            if (fd.size() < length) {
                fd.truncate(length);
            }
            kept = true;
            return fd;
        } finally {
            if (!kept) {
                fd.close();
            }
        }
    }

    /** Which chunks the file holds. */
    public ChunkMap chunks() {
        return chunks;
    }

    /**
     * Bytes of the file, read only, without copying; holes read as zeros, so look at {@link
     * #chunks} first.
     */
    public MemorySegment view(long offset, long length) {
        if (viewed.addAndGet(length) > FORGET_BYTES) {
            viewed.set(0);
            mapped.advise(DO_NOT_NEED);
        }
        return mapped.segment().asSlice(offset, length);
    }

    /** Writes all of {@code bytes} (native memory); the chunk's bit is the caller's next step. */
    public void write(long offset, MemorySegment bytes) throws IOException {
        if (offset < 0 || bytes.byteSize() > mapped.size() - offset) {
            throw new IOException(
                    path + ": no room for " + bytes.byteSize() + " bytes at " + offset);
        }
        fd.pwriteFully(bytes, offset);
    }

    /** How many chunks need no check. */
    public int checkedCount() {
        return chunks.checkedCount();
    }

    /** Whether every chunk is there and checked. */
    public boolean isComplete() {
        return chunks.isComplete();
    }

    /**
     * Brings what is there to the disk and notes it, so that it need not be checked again under
     * another boot. May take as long as the disk does.
     */
    public void sync() {
        chunks.sync(fd);
    }

    /** Fills {@code target} (native memory). */
    public void read(long offset, MemorySegment target) {
        fd.preadFully(target, offset);
    }

    @Override
    public String toString() {
        return path.toString();
    }

    @Override
    public void close() {
        try (fd;
                chunks) {
            mapped.close();
        }
    }
}
