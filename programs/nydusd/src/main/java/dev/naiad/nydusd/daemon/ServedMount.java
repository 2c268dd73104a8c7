package dev.naiad.nydusd.daemon;

import dev.naiad.base.cli.StopSignal;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.fuse.FuseConnection;
import dev.naiad.fuse.FuseOptions;
import dev.naiad.fuse.FuseServer;
import dev.naiad.fuse.FuseSession;
import dev.naiad.linux.Fd;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.nydusd.vfs.Vfs;
import dev.naiad.nydusd.vfs.VfsMounts;
import dev.naiad.nydusdapi.InflightRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's one FUSE mount: the connection to the kernel, made or taken over, and the server on
 * it. Empty at first, and for good in a daemon without a mount: then there is nothing to invalidate
 * and nothing in flight. The daemon's state machine serialises the changes; the rest is safe for
 * concurrent use.
 */
final class ServedMount implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedMount.class);

    private static final Duration INIT_LIMIT = Duration.ofSeconds(30);
    private static final long PRIME_MILLIS = 2000;

    private final Vfs vfs;
    private final InstantSource clock;
    private final StopSignal stop;

    private volatile @Nullable FuseConnection connection;
    private volatile @Nullable FuseServer server;
    private volatile boolean kept;

    /** {@code stop} is requested when the mount is taken away. */
    ServedMount(Vfs vfs, InstantSource clock, StopSignal stop) {
        this.vfs = vfs;
        this.clock = clock;
        this.stop = stop;
    }

    /** Mounts there; nothing is served yet. */
    void open(Path mountpoint) {
        var _ = FuseConnection.removeStale(mountpoint);
        connection = FuseConnection.mount("rafs", mountpoint);
    }

    /** Serves what {@link #open} mounted; returns when the kernel has agreed on the protocol. */
    void serve(FuseOptions options) throws Exception {
        var started = serverOn(opened(), options, Optional.empty());
        server = started;
        started.start();
        started.awaitInit(INIT_LIMIT);
    }

    /** Takes a predecessor's connection, which is then this object's to close. */
    void adopt(Fd device, Path mountpoint, FuseOptions options, FuseSession session) {
        var taken = FuseConnection.adopt(device, mountpoint);
        connection = taken;
        server = serverOn(taken, options, Optional.of(session));
    }

    /**
     * Serves what {@link #adopt} took.
     *
     * @param resend has the kernel send again what the predecessor took and never answered
     */
    void resume(boolean resend) {
        var waiting = server;
        if (waiting == null) {
            throw new NaiadException(ErrorKind.FAILED_PRECONDITION, "nothing was taken over");
        }
        waiting.start();
        // Threads first: what comes again comes at once.
        if (resend) {
            resend(waiting);
        }
    }

    private static void resend(FuseServer serving) {
        if (!serving.session().map(FuseSession::canResend).orElse(false)) {
            LOG.warn(
                    "this kernel cannot resend: requests that the dead daemon had taken will hang");
            return;
        }
        try {
            serving.resend();
        } catch (NaiadException e) {
            LOG.warn("requests that the dead daemon had taken will hang: {}", e.what());
        }
    }

    private FuseServer serverOn(
            FuseConnection on, FuseOptions options, Optional<FuseSession> session) {
        return new FuseServer(on, vfs, options, session, clock, stop::request);
    }

    private FuseConnection opened() {
        var open = connection;
        if (open == null) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, "nothing is mounted yet");
        }
        return open;
    }

    /** The kernel's side, for a successor; UNAVAILABLE before anything is mounted. */
    Fd device() {
        return opened().device();
    }

    /** What a successor must know of the session; UNAVAILABLE before the kernel agreed on it. */
    FuseSession session() {
        return Optional.ofNullable(server)
                .flatMap(FuseServer::session)
                .orElseThrow(
                        () -> new NaiadException(ErrorKind.UNAVAILABLE, "nothing is mounted yet"));
    }

    /**
     * Brings the root's attributes into the kernel's memory: a process that looks at the mountpoint
     * while nobody serves it (a snapshotter that wants to replace a dead daemon) would wait for
     * ever otherwise. Each invalidation drops them again.
     */
    void prime() {
        var served = connection;
        if (served == null) {
            return;
        }
        var done = new CountDownLatch(1);
        Thread.ofPlatform()
                .daemon()
                .name("prime")
                .start(
                        () -> {
                            try {
                                var _ = RawFiles.lstat(RawPath.of(served.mountpoint()));
                            } catch (NaiadException e) {
                                LOG.warn("cannot look at the own mountpoint: {}", e.what());
                            } finally {
                                done.countDown();
                            }
                        });
        try {
            if (!done.await(PRIME_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.warn("{}: root attributes are not known to the kernel", served.mountpoint());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tells the kernel which names it should ask for again. */
    void forget(List<VfsMounts.StaleName> stale) {
        var serving = server;
        if (serving == null || stale.isEmpty()) {
            return;
        }
        for (var name : stale) {
            try {
                serving.invalidateEntry(name.parent(), name.name());
            } catch (NaiadException e) {
                LOG.warn("the kernel may still show what was unmounted: {}", e.what());
            }
        }
        prime();
    }

    /** What is being served right now. */
    List<InflightRequest> inflight() {
        var serving = server;
        if (serving == null) {
            return List.of();
        }
        return serving.inflight().stream()
                .map(
                        busy ->
                                new InflightRequest(
                                        busy.node(),
                                        busy.opcode(),
                                        busy.unique(),
                                        busy.sinceMillis() / 1000))
                .toList();
    }

    /** From now on {@link #close} leaves the mount as it is. */
    void keep() {
        kept = true;
    }

    /** Ends serving; the mount stays. */
    void stopServing() {
        var serving = server;
        if (serving != null) {
            serving.stop();
        }
    }

    /** Ends serving and unmounts, unless the mount shall be kept. */
    @Override
    public void close() {
        stopServing();
        var served = connection;
        if (served != null && !kept) {
            served.unmount();
        }
        var serving = server;
        if (serving != null) {
            serving.close();
        }
        if (served != null) {
            served.close();
        }
    }
}
