package dev.naiad.nydusd.daemon;

import dev.naiad.base.cli.StopSignal;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.BlobCache;
import dev.naiad.fuse.FuseOptions;
import dev.naiad.nydusd.failover.DaemonSnapshot;
import dev.naiad.nydusd.failover.SupervisorSocket;
import dev.naiad.nydusd.rafsfs.RafsFileSystem;
import dev.naiad.nydusd.vfs.Vfs;
import dev.naiad.nydusd.vfs.VfsMounts;
import dev.naiad.nydusdapi.BuildVersion;
import dev.naiad.nydusdapi.DaemonInfo;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.FsInstance;
import dev.naiad.nydusdapi.InflightRequest;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon: one FUSE mount, the images in it, and its state. Everything but the API's transport.
 *
 * <p>Constructed in INIT. A fresh daemon mounts its images, then {@link #serve} brings it to
 * RUNNING. Safe for concurrent use.
 */
public final class NydusDaemon implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NydusDaemon.class);

    private static final DateTimeFormatter MOUNTED_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSSSSS '+00:00:00'")
                    .withZone(ZoneOffset.UTC);

    private final Identity identity;
    private final VfsMounts table;
    private final Mounts mounts;
    private final ServedMount served;
    private final ErrorEvents events = new ErrorEvents();
    private final StateMachine machine = new StateMachine();
    private final StopSignal stop;

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
    public NydusDaemon(
            Identity identity,
            BlobCache cache,
            Images.BackendOpener backends,
            RafsFileSystem.Owner owner,
            InstantSource clock,
            Ticker ticker,
            StopSignal stop) {
        this.identity = identity;
        this.table = new VfsMounts(clock.instant().getEpochSecond());
        this.mounts = new Mounts(table, new Images(cache, backends), owner, clock, ticker);
        this.served = new ServedMount(new Vfs(table, ticker), clock, stop);
        this.stop = stop;
    }

    /** Mounts at {@code /dev/fuse} and serves: INIT, READY, RUNNING. */
    public void serve(Path mountpoint, FuseOptions options) throws Exception {
        served.open(mountpoint);
        try {
            machine.on(StateMachine.Event.MOUNT, () -> {});
            LOG.info(NydusdLogLines.SERVERS, options.threads());
            machine.on(StateMachine.Event.START, () -> served.serve(options));
            served.prime();
            LOG.info(NydusdLogLines.STARTED);
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

    /** Mounts an image; see {@link VfsMounts#mount}. */
    public void mount(RafsMountSpec spec) {
        noteFailure(() -> served.forget(mounts.mount(spec)));
    }

    /** Replaces a mounted image by another bootstrap and configuration. */
    public void remount(RafsMountSpec spec) {
        noteFailure(() -> served.forget(mounts.remount(spec)));
    }

    public void unmount(String mountpoint) {
        served.forget(mounts.unmount(mountpoint));
    }

    private void noteFailure(Runnable change) {
        try {
            change.run();
        } catch (NaiadException e) {
            events.add(NaiadException.chain(e));
            throw e;
        }
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
        LOG.info(NydusdLogLines.CRASHED);
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
                        served.adopt(
                                handover.device(),
                                awaited.mountpoint(),
                                awaited.options(),
                                handover.state().session());
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
                    var awaited = succession;
                    if (awaited == null) {
                        throw new NaiadException(
                                ErrorKind.FAILED_PRECONDITION, "nothing was taken over");
                    }
                    served.resume(awaited.resend());
                });
        served.prime();
        LOG.info(NydusdLogLines.STARTED);
    }

    /**
     * Hands state and descriptor to the supervisor, which keeps the mount alive when this daemon
     * dies.
     */
    public void sendFd() {
        var session = served.session();
        var device = served.device();
        supervisor().save(new DaemonSnapshot(session, table.state(), mounts.snapshot()), device);
    }

    private SupervisorSocket supervisor() {
        return new SupervisorSocket(
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
        LOG.info(NydusdLogLines.EXIT_BY_HTTP);
        served.keep();
        if (machine.state() == DaemonState.RUNNING) {
            machine.on(StateMachine.Event.STOP, served::stopServing);
        }
        machine.on(StateMachine.Event.EXIT, () -> {});
    }

    /** Asks the process to end. */
    public void requestStop() {
        stop.request();
    }

    /** What is being served right now. */
    public List<InflightRequest> inflight() {
        return served.inflight();
    }

    /** Recent failures. */
    public ErrorEvents events() {
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
                machine.on(StateMachine.Event.STOP, served::stopServing);
            }
            if (machine.state() == DaemonState.READY || machine.state() == DaemonState.INIT) {
                machine.on(StateMachine.Event.STOP, () -> {});
            }
        } catch (Exception e) {
            LOG.warn("stopping: {}", e.toString());
        }
        served.close(); // also after a failed start
        mounts.close();
    }
}
