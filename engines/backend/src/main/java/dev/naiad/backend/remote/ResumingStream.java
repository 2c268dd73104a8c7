package dev.naiad.backend.remote;

import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.connection.Mirror;
import dev.naiad.backend.connection.Reply;
import dev.naiad.backend.connection.Suspects;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a blob to its end; where a connection breaks, the next one continues. For one thread. */
final class ResumingStream extends InputStream {
    private static final int MAX_BREAKS_WITHOUT_PROGRESS = 3;

    private final RemoteBackend backend;
    private final String blobId;
    private final ReadPriority priority;
    private final Deadline deadline;
    private long offset;
    private long opened = System.nanoTime();
    private long countedFrom;
    private final Set<Mirror> avoid = new HashSet<>();
    private final Suspects suspects = new Suspects();
    private int breaks;
    private boolean ended;
    private @Nullable Reply reply;

    ResumingStream(
            RemoteBackend backend,
            String blobId,
            long offset,
            ReadPriority priority,
            Deadline deadline) {
        this.backend = backend;
        this.blobId = blobId;
        this.offset = offset;
        this.countedFrom = offset;
        this.priority = priority;
        this.deadline = deadline;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int at, int length) {
        if (length == 0) {
            return 0;
        }
        while (!ended) {
            Reply open = open();
            try {
                int count = open.response().body().read(target, at, length);
                if (count < 0) {
                    ended = true;
                    backend.metrics().succeeded(offset - countedFrom, System.nanoTime() - opened);
                    break;
                }
                offset += count;
                breaks = 0;
                return count;
            } catch (NaiadException e) {
                boolean mirrored = open.mirror().isPresent() && e.kind() != ErrorKind.CANCELLED;
                if (mirrored) {
                    backend.brokeOff(open.mirror().get(), e, suspects);
                    avoid.add(open.mirror().get());
                }
                closeReply();
                if (e.kind() == ErrorKind.CANCELLED
                        || deadline.isExpired()
                        || breaks++ >= MAX_BREAKS_WITHOUT_PROGRESS) {
                    throw e;
                }
                backend.metrics().failed();
            }
        }
        return -1;
    }

    private Reply open() {
        Reply current = reply;
        if (current == null) {
            opened = System.nanoTime();
            countedFrom = offset;
            current = backend.open(blobId, offset, priority, deadline, avoid, suspects);
            reply = current;
        }
        return current;
    }

    private void closeReply() {
        Reply current = reply;
        reply = null;
        if (current != null) {
            current.close();
        }
    }

    @Override
    public void close() {
        ended = true;
        closeReply();
    }
}
