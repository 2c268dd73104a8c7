package dev.naiad.fuse;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How serving a mount ends: by our own stop, or because of the kernel. Said once. */
final class ServingEnd {
    private static final Logger LOG = LoggerFactory.getLogger(ServingEnd.class);

    private final Path mountpoint;
    private final Runnable whenEnded;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean stopping;

    /**
     * @param whenEnded called once, unless {@link #stop} comes first
     */
    ServingEnd(Path mountpoint, Runnable whenEnded) {
        this.mountpoint = mountpoint;
        this.whenEnded = whenEnded;
    }

    /** The workers are to return; what they find from now on is not reported. */
    void stop() {
        stopping = true;
    }

    boolean isStopping() {
        return stopping;
    }

    /** The mount is gone; said by each worker. */
    void unmounted() {
        if (!stopping && ended.compareAndSet(false, true)) {
            LOG.info("fuse server exits: {} was unmounted", mountpoint);
            whenEnded.run();
        }
    }

    void failed(String what) {
        if (!stopping && ended.compareAndSet(false, true)) {
            LOG.error("fuse server of {} ends: {}", mountpoint, what);
            whenEnded.run();
        }
    }
}
