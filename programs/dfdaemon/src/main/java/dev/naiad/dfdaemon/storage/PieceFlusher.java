package dev.naiad.dfdaemon.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.common.TrafficType;
import java.io.IOException;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down which pieces are there, behind the readers' backs: first the bytes are synced, then
 * the records that promise them are written. What was not written down when the process died is
 * fetched again; what was written down is true. One platform thread, never interrupted.
 */
final class PieceFlusher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PieceFlusher.class);
    private static final Sha256 NO_DIGEST = new Sha256(new byte[Sha256.SIZE]);

    /** Writes the records of pieces whose bytes are synced. */
    interface Records {
        void write(StoredTask task, List<PieceRecord> pieces) throws IOException;
    }

    private final Records records;
    private final Thread thread;

    @GuardedBy("this") private Map<StoredTask, List<PieceRecord>> pending = new LinkedHashMap<>();

    @GuardedBy("this") private boolean busy;

    @GuardedBy("this") private boolean closed;

    PieceFlusher(Records records) {
        this.records = records;
        this.thread = Thread.ofPlatform().name("piece-flusher").daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    synchronized void add(StoredTask task, PieceRecord piece) {
        pending.computeIfAbsent(task, any -> new ArrayList<>()).add(piece);
        notifyAll();
    }

    void seal(StoredTask task) {
        add(
                task,
                new PieceRecord(
                        -1,
                        0,
                        0,
                        0,
                        NO_DIGEST,
                        TrafficType.BACK_TO_SOURCE,
                        "",
                        Duration.ZERO,
                        Instant.EPOCH));
    }

    /** Waits until everything added before is on disk. */
    synchronized void flush() throws InterruptedException {
        while ((busy || !pending.isEmpty()) && thread.isAlive()) {
            wait(1000);
        }
    }

    private void run() {
        while (true) {
            Map<StoredTask, List<PieceRecord>> batch;
            synchronized (this) {
                busy = false;
                notifyAll();
                while (pending.isEmpty() && !closed) {
                    try {
                        wait();
                    } catch (InterruptedException e) {
                        // This thread is not interrupted on purpose; close() ends it.
                        LOG.debug("piece flusher interrupted", e);
                    }
                }
                if (pending.isEmpty()) {
                    return;
                }
                batch = pending;
                pending = new LinkedHashMap<>();
                busy = true;
            }
            batch.forEach(this::write);
        }
    }

    private void write(StoredTask task, List<PieceRecord> pieces) {
        if (task.isDropped()) {
            return;
        }
        try {
            try (var content = task.open(StandardOpenOption.WRITE)) {
                content.force(false);
            }
            records.write(task, pieces);
        } catch (IOException | NaiadException e) {
            if (task.isDropped()) {
                LOG.debug("{}: removed before its pieces were recorded", task);
                return;
            }
            LOG.warn(
                    "{}: {} pieces cannot be recorded and will be fetched again after a restart",
                    task,
                    pieces.size(),
                    e);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
