package dev.naiad.dfdaemon.scheduler;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.time.Ticker;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Peer;
import dev.naiad.dragonfly.api.scheduler.AnnounceHostRequest;
import dev.naiad.dragonfly.api.scheduler.DeleteHostRequest;
import dev.naiad.dragonfly.api.scheduler.SchedulerGrpc;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This host towards one scheduler: announces it now and then, at once when the scheduler comes back
 * or does not know it, and after that names the tasks that are held completely, so that a scheduler
 * that lost its memory knows the swarm again. One virtual thread.
 */
public final class HostAnnouncer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostAnnouncer.class);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(5);
    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LAST_RETRY = Duration.ofSeconds(15);

    /** What this host holds completely. */
    public interface HeldTasks {
        /** A description of each complete task. */
        List<Held> complete();

        /** A new peer id. */
        String newPeerId();
    }

    /** A complete task as it is announced. */
    public record Held(String taskId, Download download) {}

    private final InetSocketAddress address;
    private final String hostId;
    private final HostReport host;
    private final HeldTasks held;
    private final Duration interval;
    private final GrpcChannel channel;
    private final Ticker ticker;

    @GuardedBy("this") private boolean wake;

    @GuardedBy("this") private boolean closed;

    @GuardedBy("this") private @Nullable Thread thread;

    private volatile boolean up;
    private volatile boolean untried = true;
    private volatile boolean connectionLost;
    private volatile boolean watching;

    HostAnnouncer(
            InetSocketAddress address,
            String hostId,
            HostReport host,
            HeldTasks held,
            Duration interval,
            EventLoops loops,
            Ticker ticker) {
        this.address = address;
        this.hostId = hostId;
        this.host = host;
        this.held = held;
        this.interval = interval;
        this.ticker = ticker;
        this.channel =
                GrpcChannel.open(
                        Endpoint.tcp(address.getAddress().getHostAddress(), address.getPort()),
                        loops);
    }

    InetSocketAddress address() {
        return address;
    }

    Channel channel() {
        return channel.channel();
    }

    /**
     * Whether the last announcement was taken and the connection not lost since. One that was not
     * tried yet counts as up: who asks it too early is told that the host is not known, and asks
     * again.
     */
    boolean isUp() {
        return up || untried;
    }

    boolean isAnnounced() {
        return up;
    }

    synchronized void start() {
        if (thread == null && !closed) {
            thread = Thread.ofVirtual().name("announce-" + address).start(this::run);
        }
    }

    synchronized void announceSoon() {
        wake = true;
        notifyAll();
    }

    /** A call found no connection. */
    void lost() {
        up = false;
        untried = false;
        connectionLost = true;
        announceSoon();
    }

    private void run() {
        Duration retry = FIRST_RETRY;
        boolean first = true;
        boolean warned = false;
        while (!isClosed()) {
            boolean lostBefore = first || connectionLost;
            connectionLost = false;
            try {
                announce();
                if (!up) {
                    LOG.info("scheduler {}: host {} announced", address, hostId);
                }
                watchConnection();
                up = true;
                untried = false;
                retry = FIRST_RETRY;
                warned = false;
                first = false;
                if (lostBefore) {
                    announceHeld();
                }
                sleep(interval);
            } catch (StatusRuntimeException e) {
                up = false;
                untried = false;
                connectionLost = true;
                if (!warned) {
                    warned = true;
                    LOG.warn(
                            "scheduler {}: cannot be reached, going on without it: {}",
                            address,
                            e.getStatus());
                }
                channel.channel().resetConnectBackoff();
                sleep(retry);
                retry = retry.multipliedBy(2);
                retry = retry.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry;
            } catch (RuntimeException e) {
                LOG.error("scheduler {}: the announcement failed", address, e);
                sleep(LAST_RETRY);
            }
        }
    }

    private void announce() {
        SchedulerGrpc.newBlockingStub(channel())
                .withDeadlineAfter(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .announceHost(
                        AnnounceHostRequest.newBuilder()
                                .setHost(host.now())
                                .setInterval(DfdaemonMessages.duration(interval))
                                .build());
    }

    /** A connection that ends may mean a scheduler that starts anew and has forgotten us. */
    private void watchConnection() {
        if (watching) {
            return;
        }
        watching = true;
        channel.channel()
                .notifyWhenStateChanged(
                        ConnectivityState.READY,
                        () -> {
                            watching = false;
                            if (!isClosed()) {
                                connectionLost = true;
                                announceSoon();
                            }
                        });
    }

    private void announceHeld() {
        List<Held> tasks = held.complete();
        if (!tasks.isEmpty()) {
            LOG.info("scheduler {}: announcing {} tasks held here", address, tasks.size());
        }
        for (Held task : tasks) {
            if (isClosed()) {
                return;
            }
            announce(task);
        }
    }

    /** Tells of one task; waits until the scheduler took note, but not long. */
    void announce(Held task) {
        new HeldTalk(task).run();
    }

    /** Says of one task that it is held completely: metadata only, nothing is downloaded. */
    private final class HeldTalk implements SchedulerTalk.Listener {
        private final Held task;
        private final SchedulerTalk talk;
        private final CountDownLatch over = new CountDownLatch(1);

        HeldTalk(Held task) {
            this.task = task;
            this.talk = new SchedulerTalk(hostId, task.taskId(), held.newPeerId(), this);
        }

        void run() {
            long begin = ticker.nanos();
            talk.register(channel(), task.download());
            try {
                if (!over.await(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                    talk.cancel();
                }
            } catch (InterruptedException e) {
                talk.cancel();
                Thread.currentThread().interrupt();
            }
            LOG.debug(
                    "task {}: announced as held in {} ms",
                    task.taskId(),
                    (ticker.nanos() - begin) / 1_000_000);
        }

        @Override
        public void further(List<Peer> neighbours) {
            // Who has everything takes from nobody.
        }

        @Override
        public void metadataOnly() {
            talk.started();
            talk.finished();
        }

        @Override
        public void parents(List<Peer> candidates) {
            // A scheduler that does not know of announcements: we need nothing from it.
            talk.started();
            talk.finished();
        }

        @Override
        public void backToSource() {
            talk.backToSourceStarted();
            talk.backToSourceFinished();
        }

        @Override
        public void empty() {
            talk.started();
            talk.finished();
        }

        @Override
        public void ended(@Nullable Status failure) {
            if (failure != null) {
                LOG.debug("task {}: not announced: {}", task.taskId(), failure);
            }
            over.countDown();
        }
    }

    void deleteHost() {
        try {
            SchedulerGrpc.newBlockingStub(channel())
                    .withDeadlineAfter(2, TimeUnit.SECONDS)
                    .deleteHost(DeleteHostRequest.newBuilder().setHostId(hostId).build());
        } catch (StatusRuntimeException e) {
            LOG.debug("scheduler {}: host not deleted: {}", address, e.getStatus());
        }
    }

    /** Says good-bye, if the scheduler listens, and closes. */
    void leave() {
        boolean known = up;
        stop();
        if (known) {
            deleteHost();
        }
        channel.close();
    }

    private synchronized void stop() {
        closed = true;
        untried = false;
        up = false;
        notifyAll();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized void sleep(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        try {
            while (!closed && !wake) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    break;
                }
                wait(left);
            }
        } catch (InterruptedException e) {
            closed = true;
        }
        wake = false;
    }

    @Override
    public void close() {
        stop();
        channel.close();
    }
}
