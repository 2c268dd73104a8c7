package dev.naiad.dfdaemon.storage;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the store within its limits: tasks unused for too long go, and when the disk (or the budget
 * that stands for it) is fuller than the high mark, the least recently used go until the low mark.
 * Tasks in use stay.
 */
public final class StoreEviction {
    private static final Logger LOG = LoggerFactory.getLogger(StoreEviction.class);

    /**
     * When to evict.
     *
     * @param budgetBytes what the store may hold; 0: the marks are percent of the file system
     */
    public record Policy(Duration ttl, long budgetBytes, int highPercent, int lowPercent) {}

    private final PieceStore store;
    private final Policy policy;
    private final InstantSource clock;
    private final Consumer<String> evicted;

    /** {@code evicted} hears the id of each task that went, after it went. */
    public StoreEviction(
            PieceStore store, Policy policy, InstantSource clock, Consumer<String> evicted) {
        this.store = store;
        this.policy = policy;
        this.clock = clock;
        this.evicted = evicted;
    }

    /** One round; returns how many tasks went. */
    public int run() throws IOException {
        Instant oldest = clock.instant().minus(policy.ttl());
        var left = new ArrayList<HeldTask>();
        int count = 0;
        for (HeldTask held : store.list()) {
            if (held.lastUsed().isBefore(oldest) && drop(held.taskId(), "unused too long") >= 0) {
                count++;
            } else {
                left.add(held);
            }
        }
        return count + free(left, excess());
    }

    /** Makes room at once, for a write that met a full disk. */
    public int free(long bytes) {
        return free(store.list(), bytes);
    }

    private int free(List<HeldTask> held, long bytes) {
        long missing = bytes;
        int count = 0;
        for (HeldTask task : held) {
            if (missing <= 0) {
                break;
            }
            long freed = drop(task.taskId(), "the disk is full");
            if (freed >= 0) {
                missing -= freed;
                count++;
            }
        }
        return count;
    }

    private long excess() throws IOException {
        long total;
        long used;
        if (policy.budgetBytes() > 0) {
            total = policy.budgetBytes();
            used = 0;
            for (HeldTask held : store.list()) {
                used += store.find(held.taskId()).map(StoredTask::storedBytes).orElse(0L);
            }
        } else {
            FileStore disk = Files.getFileStore(store.root());
            total = disk.getTotalSpace();
            used = total - disk.getUsableSpace();
        }
        double percent = total <= 0 ? 0 : 100.0 * used / total;
        if (percent < policy.highPercent()) {
            return 0;
        }
        return (long) (total * (percent - policy.lowPercent()) / 100);
    }

    /** The bytes that went, or -1 if the task is in use. */
    private long drop(String taskId, String why) {
        long bytes = store.find(taskId).map(StoredTask::storedBytes).orElse(0L);
        if (!store.evict(taskId)) {
            return -1;
        }
        LOG.info("task {}: evicted, {} bytes: {}", taskId, bytes, why);
        evicted.accept(taskId);
        return bytes;
    }
}
