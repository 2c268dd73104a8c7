package dev.naiad.dfdaemon.storage;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.PieceLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * One task as this host holds it: its content file, which pieces are in it, and what is known of
 * them. Safe for many threads. Nobody shares a descriptor: whoever reads or writes opens the file,
 * so an interrupted thread closes only its own.
 */
public final class StoredTask {
    private final PieceStore store;
    private final TaskMeta meta;
    private final Path content;
    private final AtomicReferenceArray<@Nullable PieceRecord> pieces;

    /** Pieces that came from the disk of an earlier run and were not read since; guarded by it. */
    private final BitSet unchecked = new BitSet();

    private final AtomicInteger present = new AtomicInteger();
    private final AtomicInteger users = new AtomicInteger();
    private volatile boolean sealed;
    private volatile boolean dropped;

    StoredTask(PieceStore store, TaskMeta meta, Path content) {
        this.store = store;
        this.meta = meta;
        this.content = content;
        this.pieces = new AtomicReferenceArray<>(Math.max(1, meta.layout().count()));
    }

    public TaskMeta meta() {
        return meta;
    }

    public PieceLayout layout() {
        return meta.layout();
    }

    public Path content() {
        return content;
    }

    /**
     * The record of a piece that is here and intact. A piece of an earlier run is read once and
     * compared with its checksum; one that fell to a worn disk is forgotten.
     */
    public Optional<PieceRecord> piece(int number) {
        PieceRecord piece = has(number) ? pieces.get(number) : null;
        if (piece == null) {
            return Optional.empty();
        }
        boolean check;
        synchronized (unchecked) {
            check = unchecked.get(number);
        }
        if (check && !intact(piece)) {
            forget(piece);
            return Optional.empty();
        }
        if (check) {
            synchronized (unchecked) {
                unchecked.clear(number);
            }
        }
        return Optional.of(piece);
    }

    /** Whether a piece is recorded, without looking at its bytes. */
    public boolean has(int number) {
        return number >= 0 && number < layout().count() && pieces.get(number) != null;
    }

    /** How many pieces are here. */
    public int presentCount() {
        return present.get();
    }

    /** Whether every piece is here. */
    public boolean isComplete() {
        return present.get() == layout().count();
    }

    /** Whether the content as a whole was found good, see {@link #seal}. */
    public boolean isSealed() {
        return sealed;
    }

    /** Whether the task was taken out of the store; its open files stay readable. */
    public boolean isDropped() {
        return dropped;
    }

    /** The bytes of the pieces that are here. */
    public long storedBytes() {
        long sum = 0;
        for (int i = 0; i < layout().count(); i++) {
            PieceRecord piece = pieces.get(i);
            sum += piece == null ? 0 : piece.length();
        }
        return sum;
    }

    /** Opens the content for reading; the caller closes it. */
    public FileChannel openContent() {
        try {
            return FileChannel.open(content, StandardOpenOption.READ);
        } catch (IOException e) {
            throw StoreErrors.of("task " + meta.taskId() + ": cannot open the content", e);
        }
    }

    /** Begins to write piece {@code number}; the caller holds the only right to do so. */
    public PieceWriter write(int number) {
        if (dropped) {
            throw new NaiadException(
                    ErrorKind.ABORTED, "task " + meta.taskId() + " was removed from the store");
        }
        return PieceWriter.open(this, number);
    }

    /** Keeps the task from eviction until {@link #release}. */
    public StoredTask retain() {
        users.incrementAndGet();
        store.touch(this);
        return this;
    }

    public void release() {
        users.decrementAndGet();
    }

    boolean isUsed() {
        return users.get() > 0;
    }

    /** Says on disk that the content as a whole equals the digest it is named by. */
    public void seal() {
        sealed = true;
        store.flusher().seal(this);
    }

    void markSealed() {
        sealed = true;
    }

    void markDropped() {
        dropped = true;
    }

    void restore(PieceRecord piece) {
        synchronized (unchecked) {
            unchecked.set(piece.number());
        }
        set(piece);
    }

    void commit(PieceRecord piece) {
        synchronized (unchecked) {
            unchecked.clear(piece.number());
        }
        set(piece);
        store.flusher().add(this, piece);
    }

    private void set(PieceRecord piece) {
        if (pieces.getAndSet(piece.number(), piece) == null) {
            present.incrementAndGet();
        }
    }

    private void forget(PieceRecord piece) {
        if (pieces.compareAndSet(piece.number(), piece, null)) {
            present.decrementAndGet();
            sealed = false;
        }
    }

    private boolean intact(PieceRecord piece) {
        var crc = new CRC32();
        ByteBuffer buffer = ByteBuffer.allocate(256 << 10);
        try (var channel = openContent()) {
            long at = piece.offset();
            long end = at + piece.length();
            while (at < end) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
                int read = channel.read(buffer, at);
                if (read <= 0) {
                    return false;
                }
                crc.update(buffer.flip());
                at += read;
            }
        } catch (IOException | NaiadException e) {
            return false;
        }
        return crc.getValue() == piece.crc32();
    }

    @Override
    public String toString() {
        return "task " + meta.taskId() + " (" + present.get() + " of " + layout().count() + ")";
    }
}
