package dev.naiad.dfdaemon.scheduler;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.life.Startable;
import dev.naiad.base.time.Ticker;
import dev.naiad.dragonfly.SchedulerRing;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Task;
import dev.naiad.dragonfly.api.scheduler.DeleteTaskRequest;
import dev.naiad.dragonfly.api.scheduler.SchedulerGrpc;
import dev.naiad.dragonfly.api.scheduler.StatTaskRequest;
import dev.naiad.net.grpc.EventLoops;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schedulers of this host's cluster: which one answers for which task, and the announcement to
 * all of them. Their list may change at any time; a scheduler that comes is announced to at once.
 */
public final class Schedulers implements SchedulerDirectory, Startable {
    private static final Logger LOG = LoggerFactory.getLogger(Schedulers.class);
    private static final Duration STAT_LIMIT = Duration.ofSeconds(3);
    private static final Duration DELETE_LIMIT = Duration.ofSeconds(2);

    private final HostReport host;
    private final String hostId;
    private final HostAnnouncer.HeldTasks held;
    private final Duration announceInterval;
    private final EventLoops loops;
    private final Ticker ticker;

    @GuardedBy("this") private final Map<InetSocketAddress, HostAnnouncer> links = new LinkedHashMap<>();

    @GuardedBy("this") private SchedulerRing ring = new SchedulerRing(List.of());

    @GuardedBy("this") private boolean started;

    @GuardedBy("this") private boolean closed;

    public Schedulers(
            HostReport host,
            String hostId,
            HostAnnouncer.HeldTasks held,
            Duration announceInterval,
            EventLoops loops,
            Ticker ticker) {
        this.host = host;
        this.hostId = hostId;
        this.held = held;
        this.announceInterval = announceInterval;
        this.loops = loops;
        this.ticker = ticker;
    }

    /** From now on these are the schedulers. */
    public synchronized void use(Collection<InetSocketAddress> addresses) {
        if (closed) {
            return;
        }
        Set<InetSocketAddress> gone = new HashSet<>(links.keySet());
        for (InetSocketAddress address : addresses) {
            gone.remove(address);
            if (!links.containsKey(address)) {
                var link =
                        new HostAnnouncer(
                                address, hostId, host, held, announceInterval, loops, ticker);
                links.put(address, link);
                if (started) {
                    link.start();
                }
            }
        }
        for (InetSocketAddress address : gone) {
            HostAnnouncer link = links.remove(address);
            if (link != null) {
                LOG.info("scheduler {} left the list", address);
                link.close();
            }
        }
        ring = new SchedulerRing(links.keySet());
    }

    @Override
    public synchronized void start() {
        started = true;
        links.values().forEach(HostAnnouncer::start);
    }

    @Override
    public Optional<Channel> channelOf(String taskId) {
        Optional<HostAnnouncer> link = linkOf(taskId);
        link.ifPresent(up -> LOG.debug("task {}: picked {}", taskId, up.address()));
        return link.map(HostAnnouncer::channel);
    }

    /** The owner on the ring, or while it is down the next that is not. */
    private synchronized Optional<HostAnnouncer> linkOf(String taskId) {
        for (InetSocketAddress address : ring.successors(taskId)) {
            HostAnnouncer link = links.get(address);
            if (link != null && link.isUp()) {
                return Optional.of(link);
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<Task> stat(String taskId) {
        Optional<HostAnnouncer> link = linkOf(taskId);
        if (link.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    SchedulerGrpc.newBlockingStub(link.get().channel())
                            .withDeadlineAfter(STAT_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                            .statTask(
                                    StatTaskRequest.newBuilder()
                                            .setHostId(hostId)
                                            .setTaskId(taskId)
                                            .build()));
        } catch (StatusRuntimeException e) {
            LOG.debug("task {}: the scheduler cannot tell: {}", taskId, e.getStatus());
            return Optional.empty();
        }
    }

    @Override
    public void announceHeld(String taskId, Download download) {
        linkOf(taskId).ifPresent(link -> link.announce(new HostAnnouncer.Held(taskId, download)));
    }

    /** Tells the scheduler of a task that it is not held here any more. */
    public void deleteTask(String taskId) {
        linkOf(taskId)
                .ifPresent(
                        link -> {
                            try {
                                SchedulerGrpc.newBlockingStub(link.channel())
                                        .withDeadlineAfter(
                                                DELETE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                                        .deleteTask(
                                                DeleteTaskRequest.newBuilder()
                                                        .setHostId(hostId)
                                                        .setTaskId(taskId)
                                                        .build());
                            } catch (StatusRuntimeException e) {
                                LOG.debug("task {}: not deleted: {}", taskId, e.getStatus());
                            }
                        });
    }

    /** Takes this host from all schedulers. */
    public void deleteHost() {
        List<HostAnnouncer> all;
        synchronized (this) {
            all = List.copyOf(links.values());
        }
        all.forEach(HostAnnouncer::deleteHost);
    }

    @Override
    public synchronized void hostUnknown() {
        links.values().forEach(HostAnnouncer::announceSoon);
    }

    @Override
    public void unreachable(String taskId) {
        linkOf(taskId).ifPresent(HostAnnouncer::lost);
    }

    /** Whether the host is announced to at least one scheduler. */
    public synchronized boolean isAnnounced() {
        return links.values().stream().anyMatch(HostAnnouncer::isAnnounced);
    }

    @Override
    public void close() {
        List<HostAnnouncer> all;
        synchronized (this) {
            closed = true;
            all = List.copyOf(links.values());
            links.clear();
            ring = new SchedulerRing(List.of());
        }
        all.forEach(HostAnnouncer::leave);
    }
}
