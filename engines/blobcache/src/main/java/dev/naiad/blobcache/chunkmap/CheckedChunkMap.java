package dev.naiad.blobcache.chunkmap;

import dev.naiad.base.file.AtomicFiles;
import dev.naiad.base.file.PendingFile;
import dev.naiad.linux.Fd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The original's chunk map, and beside it which of its chunks this boot of the machine has written
 * or checked. A bit of the map outlives a power cut that its bytes did not outlive; so a chunk is
 * ready only where both say so. Bits of the same boot are true whichever process was killed,
 * because the page cache is the kernel's.
 *
 * <p>{@code .naiad_checked} belongs to one boot and is shared by all processes; {@code
 * .naiad_synced} says what was brought to the disk and holds for every boot. Both name the data
 * file that they speak of. Without them everything in the map is unchecked.
 */
public final class CheckedChunkMap implements ChunkMap {
    private final MappedChunkMap map;
    private final Arena arena;
    private final MappedBits checked;
    private final CheckRecord syncedRecord;
    private final Path synced;

    private CheckedChunkMap(
            MappedChunkMap map,
            Arena arena,
            MappedBits checked,
            CheckRecord syncedRecord,
            Path synced) {
        this.map = map;
        this.arena = arena;
        this.checked = checked;
        this.syncedRecord = syncedRecord;
        this.synced = synced;
    }

    /**
     * Opens the records of an open data file.
     *
     * @param map beside it; owned from now on, also where this throws
     * @param data the open data file
     * @param isNew the data file was made or made longer just now: older records say nothing
     */
    public static CheckedChunkMap open(
            MappedChunkMap map, Path mapPath, Fd data, BootId boot, boolean isNew)
            throws IOException {
        boolean kept = false;
        try {
            var identity = FileIdentity.of(data);
            Path base = mapPath.resolveSibling(baseName(mapPath));
            Path checkedPath = base.resolveSibling(base.getFileName() + ".naiad_checked");
            Path syncedPath = base.resolveSibling(base.getFileName() + ".naiad_synced");
            var record = new CheckRecord(identity, boot.id(), map.count());
            var syncedRecord = new CheckRecord(identity, CheckRecord.ANY_BOOT, map.count());
            if (isNew) {
                CheckRecord.forget(syncedPath);
                Files.deleteIfExists(checkedPath);
            }
            var opened = open(map, record, checkedPath, syncedRecord, syncedPath);
            kept = true;
            return opened;
        } finally {
            if (!kept) {
                map.close();
            }
        }
    }

    private static String baseName(Path mapPath) {
        String name = String.valueOf(mapPath.getFileName());
        return name.substring(0, name.length() - ".chunk_map".length());
    }

    @SuppressWarnings("MustBeClosedChecker") // by close()
    private static CheckedChunkMap open(
            MappedChunkMap map,
            CheckRecord record,
            Path checkedPath,
            CheckRecord syncedRecord,
            Path syncedPath)
            throws IOException {
        var arena = Arena.ofShared();
        boolean kept = false;
        try {
            var file = mapPresent(record, checkedPath, arena);
            if (file.byteSize() == 0) {
                byte[] bits = syncedRecord.bitsOf(syncedPath);
                file = make(record.with(bits), checkedPath, arena);
            }
            var checked = new MappedBits(file.asSlice(CheckRecord.HEADER_SIZE), map.count());
            kept = true;
            return new CheckedChunkMap(map, arena, checked, syncedRecord, syncedPath);
        } finally {
            if (!kept) {
                arena.close();
            }
        }
    }

    /** The mapped record of this boot; of no length where there is none. */
    private static MemorySegment mapPresent(CheckRecord record, Path path, Arena arena)
            throws IOException {
        if (Files.notExists(path) || Files.size(path) != record.size()) {
            return MemorySegment.NULL;
        }
        var file = map(path, record.size(), arena);
        return record.isHeadOf(file) ? file : MemorySegment.NULL;
    }

    /** Under a new name first: another process may have the old one mapped, and keeps it. */
    private static MemorySegment make(byte[] content, Path path, Arena arena) throws IOException {
        try (var pending = PendingFile.beside(path)) {
            pending.write(ByteBuffer.wrap(content));
            var file = map(pending.path(), content.length, arena);
            pending.replace(PendingFile.Sync.NONE);
            return file;
        }
    }

    private static MemorySegment map(Path path, long size, Arena arena) throws IOException {
        try (var channel =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, size, arena);
        }
    }

    @Override
    public int count() {
        return map.count();
    }

    @Override
    public boolean isReady(int chunk) {
        return checked.get(chunk) && map.isReady(chunk);
    }

    @Override
    public boolean isUnchecked(int chunk) {
        return map.isReady(chunk) && !checked.get(chunk);
    }

    @Override
    public void setReady(int chunk) {
        map.setReady(chunk);
        checked.set(chunk);
    }

    @Override
    public void setChecked(int chunk) {
        checked.set(chunk);
    }

    /**
     * The chunk's bytes will be written again, and may be half written when the power goes: what
     * was synced is forgotten first.
     */
    @Override
    public void clear(int chunk) {
        checked.clear(chunk);
        map.clear(chunk);
        try {
            CheckRecord.forget(synced);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public int readyCount() {
        return map.readyCount();
    }

    /** How many chunks are there and need no check. */
    public int checkedCount() {
        int both = 0;
        for (byte bits : checkedAndReady()) {
            both += Integer.bitCount(bits & 0xff);
        }
        return both;
    }

    /** Whether every chunk is there and checked. */
    public boolean isComplete() {
        return checkedCount() == count();
    }

    private byte[] checkedAndReady() {
        byte[] bits = checked.copy();
        byte[] ready = map.copyOfBits();
        for (int i = 0; i < bits.length; i++) {
            bits[i] &= ready[i];
        }
        return bits;
    }

    /**
     * Brings the data and the map to the disk, and then says so. For a thread that may wait for the
     * disk.
     *
     * @throws dev.naiad.base.error.NaiadException or ErrnoException if the disk does not take it;
     *     the chunks are checked again under the next boot
     */
    public void sync(Fd data) {
        byte[] bits = checkedAndReady();
        data.sync();
        map.sync();
        AtomicFiles.write(synced, syncedRecord.with(bits), "rw-r--r--");
    }

    @Override
    public void close() {
        arena.close();
        map.close();
    }
}
