package dev.naiad.nydusd.rafsfs;

import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.ReadCallback;
import dev.naiad.fuse.FuseResult;
import dev.naiad.fuse.ParkedRead;
import dev.naiad.nydusd.vfs.FsStats;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the fetch engine's result to the reader who waits for it. */
final class ReadAnswer implements ReadCallback {
    private static final Logger LOG = LoggerFactory.getLogger(ReadAnswer.class);

    private final ParkedRead parked;
    private final long inode;
    private final long length;
    private final long since;
    private final FsStats stats;
    private final Ticker ticker;

    ReadAnswer(
            ParkedRead parked, long inode, long length, long since, FsStats stats, Ticker ticker) {
        this.parked = parked;
        this.inode = inode;
        this.length = length;
        this.since = since;
        this.stats = stats;
        this.ticker = ticker;
    }

    @Override
    public void onReady(List<MemorySegment> pieces) {
        long total = 0;
        for (var piece : pieces) {
            total += piece.byteSize();
        }
        if (total != length) {
            // Fewer would look like the end of the file: a bug must not become wrong data.
            fail(new IllegalStateException(total + " bytes for a read of " + length));
            return;
        }
        parked.send(pieces);
        stats.read(inode, length, ticker.nanos() - since);
    }

    @Override
    public void onFailure(NaiadException failure) {
        fail(failure);
    }

    void fail(Throwable failure) {
        LOG.error(
                "inode {}: read of {} bytes at {} fails: {}",
                inode,
                length,
                parked.offset(),
                NaiadException.chain(failure));
        // Whatever went wrong behind a file of an image is an I/O error to its reader.
        parked.fail(FuseResult.EIO);
    }
}
