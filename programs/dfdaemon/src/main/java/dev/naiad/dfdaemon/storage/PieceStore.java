package dev.naiad.dfdaemon.storage;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.dragonfly.TaskIds;
import dev.naiad.linux.FileTree;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
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
public final class PieceStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PieceStore.class);
    static final String MAP_SUFFIX = ".map";
    private static final Duration TOUCH_EVERY = Duration.ofMinutes(1);

    private final Path root;
    private final Path tasks;
    private final InstantSource clock;
    private final PieceFlusher flusher = new PieceFlusher();

    /**
     * Softly: a task that nobody holds may be forgotten and is then opened anew, so memory does not
     * grow with the disk; as long as anybody holds it there is one object for it.
     */
    private final ConcurrentHashMap<String, SoftReference<StoredTask>> open =
            new ConcurrentHashMap<>();

    private final ConcurrentHashMap<String, Instant> touched = new ConcurrentHashMap<>();

    private final Object[] locks = new Object[64];

    private PieceStore(Path root, InstantSource clock) {
        this.root = root;
        this.tasks = own(root).resolve("tasks");
        this.clock = clock;
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
            if (!keep) {
                FileTree.delete(own(root));
            }
            Files.createDirectories(root);
            createPrivate(own(root));
            Files.createDirectories(store.tasks);
            new SharedDirectory(root).clear(keep, store.tasks);
        } catch (IOException e) {
            throw StoreErrors.of("storage.dir " + root + ": cannot be prepared", e);
        }
        store.flusher.start();
        return store;
    }

    /** What is ours below {@code storage.dir}. */
    static Path own(Path root) {
        return root.resolve("naiad");
    }

    /** Maps hold URLs, which may be signed, and contents may be private. */
    private static void createPrivate(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(directory);
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    /** The directory of the store, for questions about its file system. */
    public Path root() {
        return root;
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
            if (raced.isPresent()) {
                return raced;
            }
            Optional<StoredTask> loaded = load(taskId);
            loaded.ifPresent(task -> open.put(taskId, new SoftReference<>(task)));
            return loaded;
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
        Path content = contentOf(meta.taskId());
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
            PieceMapFile.create(mapOf(content), meta);
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

    private boolean dropLocked(String taskId) {
        opened(taskId).ifPresent(StoredTask::markDropped);
        open.remove(taskId);
        touched.remove(taskId);
        Path content = contentOf(taskId);
        try {
            // The map goes first: content without a map is nothing, a map without content a lie.
            boolean there = Files.deleteIfExists(mapOf(content));
            return Files.deleteIfExists(content) || there;
        } catch (IOException e) {
            throw StoreErrors.of("task " + taskId + ": cannot be removed", e);
        }
    }

    /** Every task on disk with the time of its last use, least recently used first. */
    public List<Held> list() {
        var held = new ArrayList<Held>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(tasks)) {
            for (Path folder : folders) {
                listFolder(folder, held);
            }
        } catch (IOException e) {
            throw StoreErrors.of("storage.dir " + root + ": cannot be listed", e);
        }
        held.sort(Comparator.comparing(Held::lastUsed));
        return held;
    }

    /** A task on disk. */
    public record Held(String taskId, Instant lastUsed) {}

    private static void listFolder(Path folder, List<Held> held) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> maps = Files.newDirectoryStream(folder, "*" + MAP_SUFFIX)) {
            for (Path map : maps) {
                String name = String.valueOf(map.getFileName());
                try {
                    held.add(
                            new Held(
                                    name.substring(0, name.length() - MAP_SUFFIX.length()),
                                    Files.getLastModifiedTime(map).toInstant()));
                } catch (NoSuchFileException gone) {
                    LOG.debug("{} was removed while listing", name);
                }
            }
        }
    }

    /** Waits until all finished pieces are recorded on disk. */
    public void flush() throws InterruptedException {
        flusher.flush();
    }

    PieceFlusher flusher() {
        return flusher;
    }

    /** Notes a use, at most once a minute, as the modification time of the map. */
    void touch(StoredTask task) {
        Instant now = clock.instant();
        String id = task.meta().taskId();
        Instant last = touched.get(id);
        if (last != null && last.plus(TOUCH_EVERY).isAfter(now)) {
            return;
        }
        touched.put(id, now);
        try {
            Files.setLastModifiedTime(mapOf(task.content()), FileTime.from(now));
        } catch (IOException e) {
            LOG.debug("{}: time of use not noted: {}", task, e.getMessage());
        }
    }

    static Path mapOf(Path content) {
        return content.resolveSibling(content.getFileName() + MAP_SUFFIX);
    }

    private Object lockOf(String taskId) {
        return locks[Math.floorMod(taskId.hashCode(), locks.length)];
    }

    private Path contentOf(String taskId) {
        return tasks.resolve(taskId.substring(0, 3)).resolve(taskId);
    }

    private Optional<StoredTask> load(String taskId) {
        Path content = contentOf(taskId);
        try {
            PieceMapFile.Loaded loaded = PieceMapFile.load(mapOf(content), taskId);
            long size = Files.size(content);
            var task = new StoredTask(this, loaded.meta(), content);
            for (PieceRecord piece : loaded.pieces()) {
                if (piece.offset() + piece.length() <= size) {
                    task.restore(piece);
                }
            }
            if (loaded.sealed() && task.isComplete()) {
                task.markSealed();
            }
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
        Path content = contentOf(taskId);
        try {
            Optional<TaskMeta> meta = PieceMapFile.loadSealed(mapOf(content), taskId);
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
