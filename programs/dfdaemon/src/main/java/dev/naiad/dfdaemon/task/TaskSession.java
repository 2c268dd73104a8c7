package dev.naiad.dfdaemon.task;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.TrafficType;
import java.util.BitSet;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One download for one asker: a range of pieces that are awaited in order. For one thread. Closing
 * it leaves the task; what others want of it goes on.
 */
public final class TaskSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DownloadLogLines.DOWNLOAD_LOGGER);

    private final TaskEngine engine;
    private final StoredTask stored;
    private final Download download;
    private final Optional<ByteRange> range;
    private final ByteRange span;
    private final int readAhead;
    private final boolean inOrder;
    private final boolean wasComplete;
    private final String ownPeerId;
    private final BitSet localAtStart = new BitSet();
    private final BitSet demanded = new BitSet();
    private final Wish wish;
    private @Nullable ActiveTask task;
    private long sourceBytes;
    private long remoteBytes;
    private long localBytes;
    private boolean failed;
    private boolean closed;

    /**
     * Takes over the caller's hold of {@code stored}.
     *
     * @param inOrder whether the asker reads the pieces in order; one who waits for all of them
     *     gets them sooner in any order
     */
    TaskSession(
            TaskEngine engine,
            StoredTask stored,
            Download download,
            Optional<ByteRange> range,
            int readAhead,
            boolean inOrder) {
        this.engine = engine;
        this.stored = stored;
        this.download = download;
        this.range = range;
        this.span = range.orElse(new ByteRange(0, stored.meta().contentLength()));
        this.readAhead = readAhead;
        this.inOrder = inOrder;
        this.wasComplete = stored.isComplete() && stored.isSealed();
        this.ownPeerId = engine.identity().newPeerId();
        this.wish =
                new Wish(
                        firstPiece(),
                        endPiece(),
                        download.getIsPrefetch(),
                        !download.getDisableBackToSource());
    }

    void begin() {
        for (int piece = firstPiece(); piece < endPiece(); piece++) {
            localAtStart.set(piece, stored.has(piece));
        }
        if (localAtStart.cardinality() < endPiece() - firstPiece() || !wholeIsGood()) {
            ActiveTask active = join();
            // What is waited for is said before anything begins, so that it comes first.
            if (!isPrefetch() && inOrder) {
                demandFrom(firstPiece());
            }
            active.pump();
        }
        LOG.info("{}", DownloadLogLines.started(url(), describeRange(), logSpan(), isPrefetch()));
    }

    public StoredTask stored() {
        return stored;
    }

    public String taskId() {
        return stored.meta().taskId();
    }

    public String peerId() {
        ActiveTask active = task;
        return active == null ? ownPeerId : active.peerId();
    }

    public Download download() {
        return download;
    }

    /** The range asked for, if one was. */
    public Optional<ByteRange> range() {
        return range;
    }

    /** The bytes this session is about. */
    public ByteRange span() {
        return span;
    }

    /** Whether the whole content was here and good when the session began. */
    public boolean wasComplete() {
        return wasComplete;
    }

    public int firstPiece() {
        return span.length() == 0 ? 0 : stored.layout().pieceAt(span.offset());
    }

    /** One behind the last piece. */
    public int endPiece() {
        return span.length() == 0 ? 0 : stored.layout().pieceAt(span.endExclusive() - 1) + 1;
    }

    /** The part of a piece that this session is about. */
    public ByteRange part(int piece) {
        long from = Math.max(span.offset(), stored.layout().offset(piece));
        long end = stored.layout().offset(piece) + stored.layout().length(piece);
        return new ByteRange(from, Math.min(span.endExclusive(), end) - from);
    }

    /** Whether the piece was here before the session began. */
    public boolean wasLocal(int piece) {
        return localAtStart.get(piece);
    }

    /**
     * Waits for a piece and demands those behind it. The last piece of a whole content is given out
     * only after the whole was verified, so that no reader gets a bad content to its end.
     */
    public PieceRecord await(int piece) throws InterruptedException {
        try {
            PieceRecord record = awaitPiece(piece);
            if (piece == endPiece() - 1 && range.isEmpty() && !wholeIsGood()) {
                awaitWhole();
            }
            account(piece, record);
            return record;
        } catch (RuntimeException e) {
            fail(e);
            throw e;
        }
    }

    /**
     * Waits for one of some pieces, whichever comes first, and gives its number. The last of a
     * whole content is given out only after the whole was verified.
     */
    public int awaitAny(BitSet pieces) throws InterruptedException {
        try {
            int piece = joinedOrLocal(pieces);
            if (pieces.cardinality() == 1 && range.isEmpty() && !wholeIsGood()) {
                awaitWhole();
            }
            account(piece, stored.piece(piece).orElseThrow());
            return piece;
        } catch (RuntimeException e) {
            fail(e);
            throw e;
        }
    }

    private int joinedOrLocal(BitSet pieces) throws InterruptedException {
        for (int piece = pieces.nextSetBit(0); piece >= 0; piece = pieces.nextSetBit(piece + 1)) {
            if (stored.has(piece)) {
                return piece;
            }
        }
        return joined().readers().awaitAny(pieces);
    }

    /** Waits for all pieces without demanding any: readers that wait for one go first. */
    public void awaitRest() throws InterruptedException {
        for (int piece = firstPiece(); piece < endPiece(); piece++) {
            if (!stored.has(piece)) {
                joined().readers().awaitWanted(piece);
            }
            stored.piece(piece).ifPresent(record -> accountPrefetched(record));
        }
        if (!wholeIsGood()) {
            awaitWhole();
        }
    }

    private void accountPrefetched(PieceRecord record) {
        if (localAtStart.get(record.number())) {
            localBytes += record.length();
        } else if (record.traffic() == TrafficType.REMOTE_PEER) {
            remoteBytes += record.length();
        } else {
            sourceBytes += record.length();
        }
    }

    /** Waits until the whole content is here and good. */
    public void awaitWhole() throws InterruptedException {
        joined().readers().awaitSealed();
    }

    private PieceRecord awaitPiece(int piece) throws InterruptedException {
        demandFrom(piece);
        Optional<PieceRecord> here = stored.piece(piece);
        PieceRecord record;
        if (here.isPresent()) {
            record = here.get();
        } else {
            if (!demanded.get(piece)) {
                demanded.set(piece);
                joined().readers().demand(piece);
            }
            record = joined().readers().await(piece);
        }
        if (demanded.get(piece)) {
            demanded.clear(piece);
            joined().readers().undemand(piece);
        }
        return record;
    }

    private void demandFrom(int piece) {
        int end = Math.min(piece + readAhead, endPiece());
        for (int next = piece; next < end; next++) {
            if (!demanded.get(next) && !stored.has(next)) {
                demanded.set(next);
                joined().readers().demand(next);
            }
        }
    }

    private boolean wholeIsGood() {
        return stored.isSealed() || stored.layout().count() == 0;
    }

    private ActiveTask joined() {
        ActiveTask active = task;
        return active == null ? join() : active;
    }

    private ActiveTask join() {
        ActiveTask active = engine.join(stored, wish, download, span.length());
        task = active;
        return active;
    }

    private void account(int piece, PieceRecord record) {
        long bytes = part(piece).length();
        if (localAtStart.get(piece)) {
            localBytes += bytes;
            engine.events().servedLocally(bytes);
        } else if (record.traffic() == TrafficType.REMOTE_PEER) {
            remoteBytes += bytes;
        } else {
            sourceBytes += bytes;
        }
    }

    /** Says in the log why the session ends without success. */
    public void fail(Throwable why) {
        if (!failed) {
            failed = true;
            LOG.warn(
                    "{}",
                    DownloadLogLines.failed(
                            url(), logSpan(), String.valueOf(why.getMessage()), isPrefetch()));
        }
    }

    /** The asker went away; that is not a failure of ours. */
    public void abandoned() {
        if (!failed) {
            failed = true;
            LOG.debug("the asker of task {} went away", taskId());
        }
    }

    /** Everything was given out. */
    public void succeeded() {
        if (!failed) {
            failed = true;
            LOG.info(
                    "{}",
                    DownloadLogLines.succeeded(
                            url(),
                            logSpan(),
                            stored.meta().contentLength(),
                            sourceBytes,
                            remoteBytes,
                            localBytes,
                            isPrefetch()));
        }
    }

    private String url() {
        return download.getUrl();
    }

    private boolean isPrefetch() {
        return download.getIsPrefetch();
    }

    private String describeRange() {
        return range.map(r -> "Some(" + r.offset() + ".." + r.endExclusive() + ")").orElse("None");
    }

    private String logSpan() {
        return DownloadLogLines.span(engine.identity().hostId(), taskId(), peerId());
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        ActiveTask active = task;
        if (active != null) {
            demanded.stream().forEach(active.readers()::undemand);
            active.readers().leave(wish);
        }
        stored.release();
    }
}
