package dev.naiad.fuse;

import dev.naiad.base.error.NaiadException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts and logs what goes wrong with single requests. Safe for use by many threads. */
final class RequestFailures {
    private static final Logger LOG = LoggerFactory.getLogger(RequestFailures.class);

    private final AtomicLong failures = new AtomicLong();

    /** Looks at the result of writing a reply. */
    void written(long result, ReplyWriter writer, long unique) {
        if (result >= 0 || ReplyWriter.isNobodyWaiting(result)) {
            return;
        }
        if (countFailure()) {
            LOG.warn(
                    "reply {} is refused with errno {}: the request fails ({} failures)",
                    Long.toUnsignedString(unique),
                    -result,
                    failures.get());
        }
        // EFAULT: a cache file shrank under its mapping. The kernel still waits for an answer.
        long _ = writer.error(unique, FuseResult.EIO);
    }

    void requestFailed(int opcode, long node, Throwable cause) {
        if (!(cause instanceof NaiadException) || countFailure()) {
            LOG.warn(
                    "request {} of node {} fails ({} failures)",
                    opcode,
                    Long.toHexString(node),
                    failures.get(),
                    cause);
        }
    }

    /** Repeated failures are counted, not repeated: true for the 1st, 2nd, 4th, 8th, … */
    private boolean countFailure() {
        return Long.bitCount(failures.incrementAndGet()) == 1;
    }
}
