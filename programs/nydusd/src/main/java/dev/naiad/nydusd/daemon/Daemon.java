package dev.naiad.nydusd.daemon;

import dev.naiad.base.cli.StopSignal;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.BlobCache;
import dev.naiad.fuse.FuseConnection;
import dev.naiad.fuse.FuseOptions;
import dev.naiad.fuse.FuseServer;
import dev.naiad.fuse.FuseSession;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.nydusd.failover.DaemonSnapshot;
import dev.naiad.nydusd.failover.Supervisor;
import dev.naiad.nydusd.rafsfs.RafsFileSystem;
import dev.naiad.nydusd.vfs.MountTable;
import dev.naiad.nydusd.vfs.Vfs;
import dev.naiad.nydusdapi.BuildVersion;
import dev.naiad.nydusdapi.DaemonInfo;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.FsInstance;
import dev.naiad.nydusdapi.InflightRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon: one FUSE mount, the images in it, and its state. Everything but the API's transport.
 *
 * <p>Constructed in INIT. A fresh daemon mounts its images, then {@link #serve} brings it to
 * RUNNING. Safe for concurrent use.
 */
public final class Daemon implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

    private static final Duration INIT_LIMIT = Duration.ofSeconds(30);
    private static final long PRIME_MILLIS = 2000;
    private static final DateTimeFormatter MOUNTED_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSSSSS '+00:00:00'")
                    .withZone(ZoneOffset.UTC);

    private final Identity identity;
    private final MountTable table;
    private final Vfs vfs;
    private final Mounts mounts;
    private final Events events;
    private final StateMachine machine = new StateMachine();
    private final InstantSource clock;
    private final StopSignal stop;

    private volatile @Nullable FuseConnection connection;
    private volatile @Nullable FuseServer server;
    private volatile boolean keepMount;
    private volatile @Nullable Succession succession;

    /** What the daemon says it is. */
    public record Identity(
            Optional<String> id, Optional<String> supervisor, BuildVersion version) {}

    /**
     * A daemon in INIT.
     *
     * @param cache the caller's to close, after this
     * @param stop requested when the daemon should end: by its API, or because its mount was taken
     *     away
     */
    public Daemon(
            Identity identity,
            BlobCache cache,
            Images.BackendOpener backends,
            RafsFileSystem.Owner owner,
            InstantSource clock,
            Ticker ticker,
            StopSignal stop) {
        this.identity = identity;
        this.table = new MountTable(clock.instant().getEpochSecond());
        this.vfs = new Vfs(table, ticker);
        this.mounts = new Mounts(table, new Images(cache, backends), owner, clock, ticker);
        this.events = new Events();
        this.clock = clock;
        this.stop = stop;
    }

    /** Mounts at {@code /dev/fuse} and serves: INIT, READY, RUNNING. */
    public void serve(Path mountpoint, FuseOptions options) throws Exception {
        var _ = FuseConnection.removeStale(mountpoint);
        var made = FuseConnection.mount("rafs", mountpoint);
        connection = made;
        try {
            machine.on(StateMachine.Event.MOUNT, () -> {});
            LOG.info(LogLines.SERVERS, options.threads());
            machine.on(
                    StateMachine.Event.START,
                    () -> {
                        var started =
                                new FuseServer(
                                        made, vfs, options, Optional.empty(), clock, stop::request);
                        server = started;
                        started.start();
                        started.awaitInit(INIT_LIMIT);
                    });
            prime();
            LOG.info(LogLines.STARTED);
        } catch (Exception | Error e) {
            close();
            throw e;
        }
    }

    /** RUNNING without a mount of its own. */
    public void serveNothing() throws Exception {
        machine.on(StateMachine.Event.MOUNT, () -> {});
        machine.on(StateMachine.Event.START, () -> {});
    }

    /**
     * Brings the root's attributes into the kernel's memory: whoever looks at the mountpoint while
     * nobody serves it (a snapshotter that wants to replace a dead daemon) would wait for ever
     * otherwise. Each invalidation drops them again.
     */
    private void prime() {
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

    /** Mounts an image; see {@link MountTable#mount}. */
    public void mount(MountSpec spec) {
        noteFailure(() -> forget(mounts.mount(spec)));
    }

    /** Replaces a mounted image by another bootstrap and configuration. */
    public void remount(MountSpec spec) {
        noteFailure(() -> forget(mounts.remount(spec)));
    }

    public void unmount(String mountpoint) {
        forget(mounts.unmount(mountpoint));
    }

    private void noteFailure(Runnable change) {
        try {
            change.run();
        } catch (NaiadException e) {
            events.add(NaiadException.chain(e));
            throw e;
        }
    }

    /** Tells the kernel which names it should ask for again. */
    private void forget(List<MountTable.StaleName> stale) {
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

    public DaemonState state() {
        return machine.state();
    }

    public DaemonInfo info() {
        var instances =
                mounts.all().stream()
                        .map(
                                instance ->
                                        new FsInstance(
                                                FsInstance.RAFS,
                                                instance.spec().mountpoint(),
                                                MOUNTED_TIME.format(instance.mountedAt()),
                                                instance.spec().config().toV2()))
                        .toList();
        return new DaemonInfo(
                identity.version(),
                identity.id(),
                identity.supervisor(),
                machine.state(),
                Optional.of(instances));
    }

    /**
     * Stays in INIT: the mount is a predecessor's, and the API will ask for a takeover.
     *
     * @param resend ask the kernel for what the predecessor took and never answered
     */
    public void awaitTakeover(Path mountpoint, FuseOptions options, boolean resend) {
        succession = new Succession(mountpoint, options, resend);
        LOG.info(LogLines.CRASHED);
    }

    private record Succession(Path mountpoint, FuseOptions options, boolean resend) {}

    /**
     * INIT to READY: fetches the predecessor's state and descriptor and mounts its images; nothing
     * is served yet.
     */
    public void takeover() throws Exception {
        machine.on(
                StateMachine.Event.TAKEOVER,
                () -> {
                    var awaited = succession;
                    if (awaited == null) {
                        throw new NaiadException(
                                ErrorKind.FAILED_PRECONDITION, "not started for a takeover");
                    }
                    var handover = supervisor().restore();
                    try {
                        table.restore(handover.state().tree());
                        handover.state().mounts().forEach(mounts::remake);
                        var taken = FuseConnection.adopt(handover.device(), awaited.mountpoint());
                        connection = taken;
                        server =
                                new FuseServer(
                                        taken,
                                        vfs,
                                        awaited.options(),
                                        Optional.of(handover.state().session()),
                                        clock,
                                        stop::request);
                    } catch (RuntimeException | Error e) {
                        handover.device().close();
                        mounts.clear();
                        throw e;
                    }
                });
    }

    /** READY to RUNNING, which only a daemon that took over needs. */
    public void start() throws Exception {
        machine.on(
                StateMachine.Event.START,
                () -> {
                    var waiting = server;
                    var awaited = succession;
                    if (waiting == null || awaited == null) {
                        throw new NaiadException(
                                ErrorKind.FAILED_PRECONDITION, "nothing was taken over");
                    }
                    waiting.start();
                    // Threads first: what comes again comes at once.
                    if (awaited.resend()) {
                        resend(waiting);
                    }
                });
        prime();
        LOG.info(LogLines.STARTED);
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

    /**
     * Hands state and descriptor to the supervisor, which keeps the mount alive when this daemon
     * dies.
     */
    public void sendFd() {
        var served = connection;
        var session = Optional.ofNullable(server).flatMap(FuseServer::session);
        if (served == null || session.isEmpty()) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, "nothing is mounted yet");
        }
        supervisor()
                .save(
                        new DaemonSnapshot(session.get(), table.state(), mounts.snapshot()),
                        served.device());
    }

    private Supervisor supervisor() {
        return new Supervisor(
                identity.supervisor()
                        .map(Path::of)
                        .orElseThrow(
                                () ->
                                        new NaiadException(
                                                ErrorKind.FAILED_PRECONDITION,
                                                "started without --supervisor")));
    }

    /** Ends serving and leaves the mount; then the process is to end. */
    public void exit() throws Exception {
        LOG.info(LogLines.EXIT_BY_HTTP);
        keepMount = true;
        if (machine.state() == DaemonState.RUNNING) {
            machine.on(StateMachine.Event.STOP, this::stopServing);
        }
        machine.on(StateMachine.Event.EXIT, () -> {});
    }

    /** Asks the process to end. */
    public void requestStop() {
        stop.request();
    }

    private void stopServing() {
        var serving = server;
        if (serving != null) {
            serving.stop();
        }
    }

    /** What is being served right now. */
    public List<InflightRequest> inflight() {
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

    /** Recent failures. */
    public Events events() {
        return events;
    }

    /** Counters and settings of what is mounted. */
    public Reports reports() {
        return new Reports(mounts);
    }

    /**
     * RUNNING to READY to STOPPED: ends serving and unmounts, unless {@link #exit} said to leave
     * the mount.
     */
    @Override
    public void close() {
        try {
            if (machine.state() == DaemonState.RUNNING) {
                machine.on(StateMachine.Event.STOP, this::stopServing);
            }
            if (machine.state() == DaemonState.READY || machine.state() == DaemonState.INIT) {
                machine.on(StateMachine.Event.STOP, () -> {});
            }
        } catch (Exception e) {
            LOG.warn("stopping: {}", e.toString());
        }
        stopServing(); // also after a failed start
        var served = connection;
        if (served != null && !keepMount) {
            served.unmount();
        }
        var serving = server;
        if (serving != null) {
            serving.close();
        }
        if (served != null) {
            served.close();
        }
        mounts.close();
    }
}
