package dev.naiad.blobcache.chunkmap;

import dev.naiad.base.file.PendingFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The original's bitmap file, mapped and shared: other processes (ours or the original's) may set
 * bits in the same file at the same time. A kill at any moment loses at most bits, never invents
 * one: a chunk's bit follows its bytes into the page cache.
 *
 * <p>A map is never emptied in place. What cannot be trusted is replaced by a new file under the
 * same name, so that a process that still maps the old one goes on with the old one.
 *
 * <p>Its bits say what some process wrote, not that the disk kept it: {@link CheckedChunkMap}.
 */
public final class MappedChunkMap implements ChunkMap {
    private final Arena arena;
    private final MemorySegment file;
    private final MappedBits bits;
    private volatile boolean allReady;

    private MappedChunkMap(Arena arena, MemorySegment file, int count) {
        this.arena = arena;
        this.file = file;
        this.bits = new MappedBits(file.asSlice(ChunkMapFile.HEADER_SIZE), count);
        boolean marked = ChunkMapFile.isMarkedAllReady(file);
        if (!marked && count > 0 && bits.cardinality() == count) {
            // As the original: the marker is written by the next one who opens a full map.
            ChunkMapFile.markAllReady(file, true);
            marked = true;
        }
        this.allReady = marked;
    }

    /**
     * Opens the map at {@code path}; one that is missing, of another size, or without the right
     * header is replaced by an empty one.
     *
     * @throws IOException if the file can be neither read nor made (no space, no permission)
     */
    public static MappedChunkMap open(Path path, int chunks) throws IOException {
        MappedChunkMap present = openPresent(path, chunks);
        return present != null ? present : replace(path, chunks);
    }

    /** Puts an empty map in the place of whatever is at {@code path}. */
    @SuppressWarnings("MustBeClosedChecker") // by close()
    public static MappedChunkMap replace(Path path, int chunks) throws IOException {
        try (var pending = PendingFile.beside(path)) {
            // Written, not truncated to size: a store into a mapped hole on a full disk would be a
            // SIGBUS.
            pending.write(ByteBuffer.wrap(ChunkMapFile.empty(chunks)));
            var arena = Arena.ofShared();
            try {
                var map = new MappedChunkMap(arena, map(pending.path(), chunks, arena), chunks);
                pending.replace(PendingFile.Sync.NONE);
                return map;
            } catch (IOException | RuntimeException e) {
                arena.close();
                throw e;
            }
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // by close()
    private static @Nullable MappedChunkMap openPresent(Path path, int chunks) throws IOException {
        try {
            if (Files.size(path) != ChunkMapFile.sizeOf(chunks)) {
                return null;
            }
        } catch (NoSuchFileException e) {
            return null;
        }
        var arena = Arena.ofShared();
        boolean kept = false;
        try {
            MemorySegment file = map(path, chunks, arena);
            if (!ChunkMapFile.isHeader(file)) {
                if (!ChunkMapFile.isUnborn(file)) {
                    return null;
                }
                ChunkMapFile.writeHeader(file);
            }
            var map = new MappedChunkMap(arena, file, chunks);
            kept = true;
            return map;
        } catch (NoSuchFileException e) {
            return null;
        } finally {
            if (!kept) {
                arena.close();
            }
        }
    }

    private static MemorySegment map(Path path, int chunks, Arena arena) throws IOException {
        try (var channel =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(
                    FileChannel.MapMode.READ_WRITE, 0, ChunkMapFile.sizeOf(chunks), arena);
        }
    }

    @Override
    public int count() {
        return bits.count();
    }

    @Override
    public boolean isReady(int chunk) {
        return (allReady && chunk >= 0 && chunk < bits.count()) || bits.get(chunk);
    }

    @Override
    public void setReady(int chunk) {
        bits.set(chunk);
    }

    @Override
    public synchronized void clear(int chunk) {
        Objects.checkIndex(chunk, bits.count());
        if (ChunkMapFile.isMarkedAllReady(file)) {
            bits.setAll(); // the marker stood for them
            ChunkMapFile.markAllReady(file, false);
        }
        allReady = false;
        bits.clear(chunk);
    }

    @Override
    public int readyCount() {
        return allReady ? bits.count() : bits.cardinality();
    }

    /** Brings the bits to the disk. */
    void sync() {
        file.force();
    }

    /** The bits, all of them where the map is marked so. */
    byte[] copyOfBits() {
        byte[] copy = bits.copy();
        if (allReady) {
            java.util.Arrays.fill(copy, (byte) 0xff);
        }
        return copy;
    }

    @Override
    public void close() {
        arena.close();
    }
}
