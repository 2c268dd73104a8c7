package dev.naiad.blobcache.disk;

import dev.naiad.blobcache.chunkmap.ChunkMap;
import dev.naiad.blobcache.chunkmap.MappedChunkMap;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A blob's sparse data file with its chunk map, opened as a pair, because either without the other
 * is worthless: a map beside a data file that is missing, empty or of another length is stale (the
 * snapshotter of the original removes the data and leaves the map), and its bits would hand out
 * zeros.
 *
 * <p>Safe for use by many threads. They must not be interrupted: that would close the channel for
 * all. {@link #close} comes after the last use of anything from {@link #mapped}.
 */
public final class CacheFile implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final ChunkMap chunks;
    private final Arena arena;
    private final MemorySegment mapped;

    @SuppressWarnings("MustBeClosedChecker") // by close()
    private CacheFile(Path path, FileChannel channel, ChunkMap chunks, long length)
            throws IOException {
        this.path = path;
        this.channel = channel;
        this.chunks = chunks;
        this.arena = Arena.ofShared();
        try {
            this.mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, length, arena);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Opens or makes the pair.
     *
     * @param keepsCompressed the file holds bytes as in the blob (.blob.raw), not uncompressed ones
     *     (.blob.data)
     * @param length what the file's length must be
     * @throws IOException if that is not possible: no space, no permission
     */
    public static CacheFile open(
            Path directory, String blobId, boolean keepsCompressed, long length, int chunks)
            throws IOException {
        Path data = CacheFileNames.data(directory, blobId);
        Path raw = CacheFileNames.raw(directory, blobId);
        Path path = keepsCompressed ? raw : data;
        Path mapPath = CacheFileNames.chunkMap(directory, blobId);
        // Both kinds share the map's name, so that with both files there nobody knows whose bits
        // they are.
        boolean ambiguous = Files.deleteIfExists(keepsCompressed ? data : raw);
        if (!ambiguous) {
            CacheFile present = openPresent(path, mapPath, length, chunks);
            if (present != null) {
                return present;
            }
        }
        // First the map, then the data: killed in between, the next one finds a data file of the
        // wrong length again.
        ChunkMap map = MappedChunkMap.replace(mapPath, chunks);
        try {
            return new CacheFile(path, make(path, length), map, length);
        } catch (IOException | RuntimeException e) {
            map.close();
            throw e;
        }
    }

    private static @Nullable CacheFile openPresent(Path path, Path mapPath, long length, int chunks)
            throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            return null;
        }
        boolean kept = false;
        try {
            if (channel.size() == length) {
                // The map is opened after the data: a map that somebody renewed in between only
                // says less.
                var file =
                        new CacheFile(path, channel, MappedChunkMap.open(mapPath, chunks), length);
                kept = true;
                return file;
            }
            return null;
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    private static FileChannel make(Path path, long length) throws IOException {
        if (Files.exists(path) && Files.size(path) > length) {
            // Not shortened: another process may be reading it.
            Files.delete(path);
        }
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            if (file.length() < length) {
                file.setLength(length);
            }
        }
        return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Which chunks the file holds. */
    public ChunkMap chunks() {
        return chunks;
    }

    /** The whole file, read only; holes read as zeros, so look at {@link #chunks} first. */
    public MemorySegment mapped() {
        return mapped;
    }

    /** Writes all of {@code bytes}; the chunk's bit is the caller's next step. */
    public void write(long offset, MemorySegment bytes) throws IOException {
        if (offset < 0 || bytes.byteSize() > mapped.byteSize() - offset) {
            throw new IOException(
                    path + ": no room for " + bytes.byteSize() + " bytes at " + offset);
        }
        ByteBuffer left = bytes.asByteBuffer();
        for (long at = offset; left.hasRemaining(); ) {
            at += channel.write(left, at);
        }
    }

    /** Reads exactly {@code target.byteSize()} bytes. */
    public void read(long offset, MemorySegment target) throws IOException {
        ByteBuffer left = target.asByteBuffer();
        for (long at = offset; left.hasRemaining(); ) {
            int n = channel.read(left, at);
            if (n < 0) {
                throw new EOFException(path + ": ends before " + at);
            }
            at += n;
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }

    @Override
    public void close() throws IOException {
        try (channel;
                chunks) {
            arena.close();
        }
    }
}
