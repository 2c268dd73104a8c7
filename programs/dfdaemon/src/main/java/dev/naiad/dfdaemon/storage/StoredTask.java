package dev.naiad.dfdaemon.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.PieceLayout;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One task as this host holds it: its content file, which pieces are in it, and what is known of
 * them. Safe for many threads. Each reader and writer opens the file itself, so that an interrupted
 * thread closes only its own descriptor.
 *
 * <p>A task is held by those who use it (see {@link #tryRetain}); one that is held is not evicted.
 * It can still be deleted explicitly: its open files stay readable, nothing more is opened.
 *
 * <p>If its file has a second name and is changed through that, the task leaves the store.
 */
public final class StoredTask {
    private static final Logger LOG = LoggerFactory.getLogger(StoredTask.class);
    private static final int RETIRED = -1;

    /** What a task tells the store that it belongs to. */
    interface Home {
        void used(StoredTask task);

        /** A piece is here; its record is to be written. */
        void arrived(StoredTask task, PieceRecord piece);

        void sealed(StoredTask task);

        void drop(StoredTask task);
    }

    private final Home store;
    private final TaskMeta meta;
    private final Path content;
    private final AtomicReferenceArray<@Nullable PieceRecord> pieces;

    private final LinkWatch link;

    /** Pieces that came from the disk of an earlier run and were not read since. */
    @GuardedBy("unchecked") private final BitSet unchecked = new BitSet();

    private final AtomicInteger present = new AtomicInteger();

    /** Those who hold the task; {@link #RETIRED} once it was evicted. */
    private final AtomicInteger users = new AtomicInteger();

    private volatile boolean sealed;
    private volatile boolean dropped;

    StoredTask(Home store, TaskMeta meta, Path content) {
        this.store = store;
        this.meta = meta;
        this.content = content;
        this.link = new LinkWatch(content);
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
        uncheckIfChanged();
        boolean check;
        synchronized (unchecked) {
            check = unchecked.get(number);
        }
        if (!check) {
            return Optional.of(piece);
        }
        if (!intact(piece)) {
            forget(piece);
            return Optional.empty();
        }
        synchronized (unchecked) {
            unchecked.clear(number);
        }
        return Optional.of(piece);
    }

    /** After a change from outside each piece is read before it is used again. */
    private void uncheckIfChanged() {
        if (!link.isLinked()) {
            return;
        }
        synchronized (unchecked) {
            if (link.wasChanged()) {
                unchecked.set(0, layout().count());
            }
        }
    }

    /** Whether a piece is recorded, without looking at its bytes. */
    public boolean has(int number) {
        return number >= 0 && number < layout().count() && pieces.get(number) != null;
    }

    /** The pieces that are not recorded. */
    public List<Integer> missing() {
        return IntStream.range(0, layout().count()).filter(piece -> !has(piece)).boxed().toList();
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
        return IntStream.range(0, layout().count())
                .mapToObj(pieces::get)
                .mapToLong(piece -> piece == null ? 0 : piece.length())
                .sum();
    }

    /**
     * Opens the content for reading; the caller closes it.
     *
     * @throws NaiadException ABORTED if the task was removed from the store
     */
    public FileChannel openContent() {
        return open(StandardOpenOption.READ);
    }

    FileChannel open(OpenOption how) {
        FileChannel channel;
        try {
            channel = FileChannel.open(content, how);
        } catch (IOException e) {
            throw dropped ? removed() : StoreErrors.of(name() + ": cannot open the content", e);
        }
        // Looked at after the file was opened: the path may be that of a successor already.
        if (dropped) {
            try {
                channel.close();
            } catch (IOException e) {
                throw StoreErrors.of(name() + ": cannot close the content", e);
            }
            throw removed();
        }
        return channel;
    }

    private NaiadException removed() {
        return new NaiadException(ErrorKind.ABORTED, name() + " was removed from the store");
    }

    private String name() {
        return "task " + meta.taskId();
    }

    /** Begins to write piece {@code number}; the caller holds the only right to do so. */
    public PieceWriter write(int number) {
        if (dropped) {
            throw removed();
        }
        return new PieceWriter(this, number, open(StandardOpenOption.WRITE));
    }

    /**
     * Gives the content of a complete task a second name.
     *
     * @throws IOException if {@code target} exists, or a link cannot be made there
     */
    public void linkTo(Path target) throws IOException {
        link.link(target);
    }

    /** Keeps the task from eviction until {@link #release}; false if it is gone already. */
    public boolean tryRetain() {
        if (users.getAndUpdate(count -> count < 0 ? count : count + 1) == RETIRED) {
            return false;
        }
        if (dropped) {
            users.decrementAndGet();
            return false;
        }
        store.used(this);
        return true;
    }

    public void release() {
        users.decrementAndGet();
    }

    /** Retires the task for good unless it is held. */
    boolean retire() {
        return users.compareAndSet(0, RETIRED);
    }

    /** Says on disk that the content as a whole equals the digest it is named by. */
    public void seal() {
        sealed = true;
        store.sealed(this);
    }

    void markSealed() {
        sealed = true;
    }

    void markDropped() {
        dropped = true;
    }

    void watchLinks() throws IOException {
        link.open();
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
        store.arrived(this, piece);
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
            if (link.isLinked()) {
                LOG.warn("{} dropped: its content was changed through another name", this);
                store.drop(this);
            }
        }
    }

    private boolean intact(PieceRecord piece) {
        try (var channel = openContent()) {
            return piece.isIn(channel);
        } catch (IOException | NaiadException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return "task " + meta.taskId() + " (" + present.get() + " of " + layout().count() + ")";
    }
}
