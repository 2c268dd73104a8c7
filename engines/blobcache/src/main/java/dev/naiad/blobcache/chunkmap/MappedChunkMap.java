package dev.naiad.blobcache.chunkmap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The original's bitmap file, mapped and shared: other processes (ours or the original's) may set
 * bits in the same file at the same time. A kill at any moment loses at most bits, never invents
 * one: a chunk's bit follows its bytes into the page cache.
 *
 * <p>A map is never emptied in place. What cannot be trusted is replaced by a new file under the
 * same name, so that a process that still maps the old one goes on with the old one.
 */
public final class MappedChunkMap implements ChunkMap {
    private static final ValueLayout.OfInt WORD =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle WORD_HANDLE = WORD.varHandle();

    private final Arena arena;
    private final MemorySegment bits;
    private final int count;
    private final int wholeWordsEnd;
    private final boolean allReady;

    private MappedChunkMap(Arena arena, MemorySegment file, int count) {
        this.arena = arena;
        this.bits = file.asSlice(ChunkMapFile.HEADER_SIZE);
        this.count = count;
        this.wholeWordsEnd = Math.toIntExact(bits.byteSize()) & -Integer.BYTES;
        boolean marked = ChunkMapFile.isMarkedAllReady(file);
        if (!marked && count > 0 && popCount() == count) {
            // As the original: the marker is written by the next one who opens a full map.
            ChunkMapFile.markAllReady(file);
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
        Path temporary = path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            // Written, not truncated to size: a store into a mapped hole on a full disk would be a
            // SIGBUS.
            Files.write(
                    temporary,
                    ChunkMapFile.empty(chunks),
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE);
            var arena = Arena.ofShared();
            try {
                var map = new MappedChunkMap(arena, map(temporary, chunks, arena), chunks);
                Files.move(
                        temporary,
                        path,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
                return map;
            } catch (IOException | RuntimeException e) {
                arena.close();
                throw e;
            }
        } finally {
            Files.deleteIfExists(temporary);
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
        return count;
    }

    @Override
    public boolean isReady(int chunk) {
        int at = Objects.checkIndex(chunk, count) >>> 3;
        if (allReady) {
            return true;
        }
        boolean ready = (bits.get(JAVA_BYTE, at) & mask(chunk)) != 0;
        // Pairs with the release in setReady, also another process's: the bytes are looked at after
        // the bit.
        VarHandle.acquireFence();
        return ready;
    }

    @Override
    public void setReady(int chunk) {
        int at = Objects.checkIndex(chunk, count) >>> 3;
        int word = at & -Integer.BYTES;
        if (word < wholeWordsEnd) {
            // The byte's place within a little-endian word.
            WORD_HANDLE.getAndBitwiseOrRelease(
                    bits, (long) word, mask(chunk) << ((at - word) * Byte.SIZE));
            return;
        }
        // Up to three bytes at the end are no whole word. Two processes that set bits in the same
        // of them may lose one: it is fetched
        // again, nothing else.
        synchronized (this) {
            VarHandle.releaseFence();
            bits.set(JAVA_BYTE, at, (byte) (bits.get(JAVA_BYTE, at) | mask(chunk)));
        }
    }

    private static int mask(int chunk) {
        return 0x80 >>> (chunk & 7);
    }

    @Override
    public int readyCount() {
        return allReady ? count : popCount();
    }

    private int popCount() {
        int ready = 0;
        int bytes = Math.toIntExact(bits.byteSize());
        for (int at = 0; at < bytes; at++) {
            int value = bits.get(JAVA_BYTE, at) & 0xff;
            if (at == bytes - 1 && (count & 7) != 0) {
                value &= 0xff00 >>> (count & 7); // bits behind the last chunk mean nothing
            }
            ready += Integer.bitCount(value);
        }
        return ready;
    }

    @Override
    public void close() {
        arena.close();
    }
}
