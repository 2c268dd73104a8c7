package dev.naiad.dfdaemon.main;

import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Startable;
import dev.naiad.dfdaemon.config.DfdaemonConfig;
import dev.naiad.dfdaemon.config.SchedulerAddresses;
import dev.naiad.dfdaemon.scheduler.Schedulers;
import dev.naiad.dfdaemon.storage.StoreEviction;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done now and then: eviction, and a look at who the schedulers are. */
final class Upkeep implements Startable {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
    private static final Duration RETRY = Duration.ofSeconds(5);
    private static final long ROOM = 64L << 20;

    private final StoreEviction eviction;
    private final Schedulers schedulers;
    private final Path dynconfig;
    private final DfdaemonConfig config;
    private final AtomicBoolean makingRoom = new AtomicBoolean();
    private final ScheduledExecutorService timer =
            Executors.newScheduledThreadPool(
                    2, Thread.ofPlatform().name("upkeep-", 0).daemon().factory());
    private volatile List<InetSocketAddress> known = List.of();
    private volatile boolean warned;

    Upkeep(StoreEviction eviction, Schedulers schedulers, Path dynconfig, DfdaemonConfig config) {
        this.eviction = eviction;
        this.schedulers = schedulers;
        this.dynconfig = dynconfig;
        this.config = config;
    }

    @Override
    public void start() {
        config.manager()
                .ifPresent(
                        address ->
                                LOG.warn(
                                        "manager.addr {} is not asked yet: the schedulers are those of {}",
                                        address,
                                        dynconfig));
        // Waited for, so that the first download already knows its scheduler; but not long, for a
        // name that cannot be resolved may take its time.
        Future<?> first = timer.submit(this::refresh);
        try {
            first.get(2, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.debug("the schedulers are not known yet", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        long gc = Math.max(1, config.gc().interval().toMillis());
        Future<?> _ = timer.scheduleWithFixedDelay(this::collect, 0, gc, TimeUnit.MILLISECONDS);
    }

    private void refresh() {
        Duration next = config.dynconfigRefresh();
        try {
            List<InetSocketAddress> found = SchedulerAddresses.schedulers(dynconfig);
            if (!found.equals(known)) {
                LOG.info("schedulers: {}", found);
                schedulers.use(found);
                known = found;
            }
            warned = false;
        } catch (NaiadException e) {
            if (!warned) {
                warned = true;
                LOG.warn("{}: going on with the schedulers known: {}", dynconfig, e.what());
            }
            next = next.compareTo(RETRY) < 0 ? next : RETRY;
        } catch (RuntimeException e) {
            LOG.error("{}: cannot be read", dynconfig, e);
        }
        if (!timer.isShutdown()) {
            Future<?> _ =
                    timer.schedule(
                            this::refresh, Math.max(100, next.toMillis()), TimeUnit.MILLISECONDS);
        }
    }

    private void collect() {
        try {
            eviction.run();
        } catch (IOException | RuntimeException e) {
            LOG.warn("eviction failed in this round: {}", e.toString());
        }
    }

    /** Evicts something soon, because a write met a full disk. */
    void makeRoom(long bytes) {
        if (makingRoom.compareAndSet(false, true) && !timer.isShutdown()) {
            timer.execute(
                    () -> {
                        try {
                            int gone = eviction.free(Math.max(bytes, ROOM));
                            LOG.warn("the disk is full: {} tasks evicted", gone);
                        } catch (RuntimeException e) {
                            LOG.warn("the disk is full and nothing could be evicted", e);
                        } finally {
                            makingRoom.set(false);
                        }
                    });
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
