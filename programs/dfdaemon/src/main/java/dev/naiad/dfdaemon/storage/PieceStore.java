package dev.naiad.dfdaemon.storage;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.dragonfly.TaskIds;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All tasks of this host, in a directory of their own below {@code storage.dir}: what else is
 * there, above all the store of another dfdaemon, is never written or removed. Nothing is scanned
 * at start; a task is opened when it is asked for. The only writer of its directory.
 */
public final class PieceStore implements StoredTask.Home, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PieceStore.class);
    private static final Duration TOUCH_EVERY = Duration.ofMinutes(1);

    private final StoreDirectory files;
    private final InstantSource clock;
    private final PieceFlusher flusher;

    /**
     * Softly: a task that is not held may be forgotten and is then opened anew, so memory does not
     * grow with the disk; while it is held there is one object for it.
     */
    private final ConcurrentHashMap<String, SoftReference<StoredTask>> open =
            new ConcurrentHashMap<>();

    private final ConcurrentHashMap<String, Instant> touched = new ConcurrentHashMap<>();

    private final Object[] locks = new Object[64];

    private PieceStore(Path root, InstantSource clock) {
        this.files = new StoreDirectory(root);
        this.clock = clock;
        this.flusher = new PieceFlusher(this::record);
        Arrays.setAll(locks, i -> new Object());
    }

    /**
     * Opens the store under {@code root}, creating it.
     *
     * @param keep whether what an earlier run left is used; else it is removed
     */
    public static PieceStore open(Path root, boolean keep, InstantSource clock) {
        var store = new PieceStore(root, clock);
        try {
            store.files.prepare(keep);
            new SharedDirectory(root).clear(keep, store.files.tasks());
        } catch (IOException e) {
            throw StoreErrors.of("storage.dir " + root + ": cannot be prepared", e);
        }
        store.flusher.start();
        return store;
    }

    /** The directory of the store, for questions about its file system. */
    public Path root() {
        return files.root();
    }

    /** The task {@code taskId} if this host holds anything of it. */
    public Optional<StoredTask> find(String taskId) {
        if (!TaskIds.isValid(taskId)) {
            return Optional.empty();
        }
        Optional<StoredTask> known = opened(taskId);
        if (known.isPresent()) {
            return known;
        }
        // The lock is for this id alone (or few others): opening must not meet a removal.
        synchronized (lockOf(taskId)) {
            Optional<StoredTask> raced = opened(taskId);
            return raced.isPresent() ? raced : load(taskId);
        }
    }

    /**
     * The task {@code taskId}, held: the caller releases it.
     *
     * @see #find
     */
    public Optional<StoredTask> acquire(String taskId) {
        while (true) {
            Optional<StoredTask> found = find(taskId);
            if (found.isEmpty() || found.get().tryRetain()) {
                return found;
            }
            synchronized (lockOf(taskId)) {
                // It is being removed; this waits until that is done.
                open.computeIfPresent(
                        taskId, (id, known) -> known.get() == found.get() ? null : known);
            }
        }
    }

    private Optional<StoredTask> opened(String taskId) {
        SoftReference<StoredTask> known = open.get(taskId);
        return Optional.ofNullable(known == null ? null : known.get());
    }

    /** Makes room for a new task, replacing what was held under its id. */
    public StoredTask create(TaskMeta meta) {
        synchronized (lockOf(meta.taskId())) {
            return createLocked(meta);
        }
    }

    private StoredTask createLocked(TaskMeta meta) {
        drop(meta.taskId());
        Path content = files.contentOf(meta.taskId());
        try {
            Files.createDirectories(content.getParent());
            try (var channel =
                    FileChannel.open(
                            content,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            PieceMapFile.create(StoreDirectory.mapOf(content), meta);
        } catch (IOException e) {
            throw StoreErrors.of("task " + meta.taskId() + ": cannot be stored", e);
        }
        var task = new StoredTask(this, meta, content);
        open.put(meta.taskId(), new SoftReference<>(task));
        return task;
    }

    /** Removes a task; who reads it now goes on reading. */
    public boolean drop(String taskId) {
        synchronized (lockOf(taskId)) {
            return dropLocked(taskId);
        }
    }

    /** Removes a task unless its id stands for another one by now. */
    @Override
    public void drop(StoredTask task) {
        String taskId = task.meta().taskId();
        synchronized (lockOf(taskId)) {
            if (!task.isDropped()) {
                dropLocked(taskId);
            }
        }
    }

    /** Removes a task unless it is held; false if it is. */
    boolean evict(String taskId) {
        synchronized (lockOf(taskId)) {
            Optional<StoredTask> task = opened(taskId);
            if (task.isPresent() && !task.get().retire()) {
                return false;
            }
            dropLocked(taskId);
            return true;
        }
    }

    /** Records pieces unless the task was removed; it is not removed meanwhile. */
    private void record(StoredTask task, List<PieceRecord> pieces) throws IOException {
        synchronized (lockOf(task.meta().taskId())) {
            if (!task.isDropped()) {
                PieceMapFile.write(StoreDirectory.mapOf(task.content()), pieces);
            }
        }
    }

    private boolean dropLocked(String taskId) {
        opened(taskId).ifPresent(StoredTask::markDropped);
        open.remove(taskId);
        touched.remove(taskId);
        try {
            return files.delete(taskId);
        } catch (IOException e) {
            throw StoreErrors.of("task " + taskId + ": cannot be removed", e);
        }
    }

    /** Every task on disk with the time of its last use, least recently used first. */
    public List<HeldTask> list() {
        try {
            return files.list();
        } catch (IOException e) {
            throw StoreErrors.of("storage.dir " + root() + ": cannot be listed", e);
        }
    }

    /** Waits until all finished pieces are recorded on disk. */
    public void flush() throws InterruptedException {
        flusher.flush();
    }

    @Override
    public void arrived(StoredTask task, PieceRecord piece) {
        flusher.add(task, piece);
    }

    @Override
    public void sealed(StoredTask task) {
        flusher.seal(task);
    }

    /** Notes a use, at most once a minute, as the modification time of the map. */
    @Override
    public void used(StoredTask task) {
        Instant now = clock.instant();
        String id = task.meta().taskId();
        Instant last = touched.get(id);
        if (last != null && last.plus(TOUCH_EVERY).isAfter(now)) {
            return;
        }
        touched.put(id, now);
        try {
            Files.setLastModifiedTime(StoreDirectory.mapOf(task.content()), FileTime.from(now));
        } catch (IOException e) {
            LOG.debug("{}: time of use not noted: {}", task, e.getMessage());
        }
    }

    private Object lockOf(String taskId) {
        return locks[Math.floorMod(taskId.hashCode(), locks.length)];
    }

    private Optional<StoredTask> load(String taskId) {
        Path content = files.contentOf(taskId);
        try {
            PieceMapFile.Loaded loaded = PieceMapFile.load(StoreDirectory.mapOf(content), taskId);
            long size = Files.size(content);
            var task = new StoredTask(this, loaded.meta(), content);
            task.watchLinks();
            for (PieceRecord piece : loaded.pieces()) {
                if (piece.offset() + piece.length() <= size) {
                    task.restore(piece);
                }
            }
            if (loaded.sealed() && task.isComplete()) {
                task.markSealed();
            }
            open.put(taskId, new SoftReference<>(task));
            return Optional.of(task);
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        } catch (CorruptFormatException e) {
            LOG.warn("task {}: dropped, its map is damaged: {}", taskId, e.getMessage());
            dropLocked(taskId);
            return Optional.empty();
        } catch (IOException e) {
            LOG.warn("task {}: the map cannot be read: {}", taskId, e.toString());
            return Optional.empty();
        }
    }

    /**
     * What is known of a task that is held whole and was found good; empty for any other. Reads
     * little, whatever the number of pieces.
     */
    public Optional<TaskMeta> sealed(String taskId) {
        Optional<StoredTask> known = opened(taskId);
        if (known.isPresent()) {
            return known.filter(task -> task.isSealed() && task.isComplete()).map(StoredTask::meta);
        }
        if (!TaskIds.isValid(taskId)) {
            return Optional.empty();
        }
        Path content = files.contentOf(taskId);
        try {
            Optional<TaskMeta> meta =
                    PieceMapFile.loadSealed(StoreDirectory.mapOf(content), taskId);
            long size = meta.isPresent() ? Files.size(content) : 0;
            return meta.filter(whole -> whole.contentLength() <= size);
        } catch (CorruptFormatException | IOException e) {
            LOG.debug("task {}: not announced: {}", taskId, e.toString());
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        flusher.close();
    }
}
