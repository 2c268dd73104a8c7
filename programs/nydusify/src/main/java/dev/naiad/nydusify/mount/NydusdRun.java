package dev.naiad.nydusify.mount;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.Errno;
import dev.naiad.linux.ErrnoException;
import dev.naiad.linux.Mount;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.nydusify.guardian.Guardian;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One nydusd that runs while we run: ended with us, and no mount stays behind, even if we are
 * killed. Its parent is a shell that does nothing but wait for nydusd's end, and end it when the
 * pipe to us closes, which the kernel does whatever becomes of us.
 */
final class NydusdRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NydusdRun.class);
    private static final int POLL_MILLIS = 100;
    private static final int POLLS = 600;
    private static final int END_SECONDS = 60;

    /**
     * $1 is the mount point, $2 a directory to remove, the rest nydusd's command. A mount whose
     * nydusd was killed is dead: stat -f, which asks nydusd and no cache, tells it from one of
     * somebody else's that was below.
     */
    private static final String GUARDIAN =
            """
            mountpoint=$1; directory=$2; shift 2
            (trap - HUP INT QUIT TERM; exec "$@" </dev/null 3<&-) &
            nydusd=$!
            (cat <&3 >/dev/null; kill -TERM $nydusd; sleep 20; kill -KILL $nydusd) 2>/dev/null &
            watcher=$!
            wait $nydusd
            code=$?
            kill -KILL $watcher 2>/dev/null
            stat -f -- "$mountpoint" >/dev/null 2>&1 || umount -l -- "$mountpoint" 2>/dev/null
            rm -rf -- "$directory"
            exit $code
            """;

    private final RawPath mountPoint;
    private final Optional<MountInfo> before;
    private final Process process;

    private NydusdRun(RawPath mountPoint, Optional<MountInfo> before, Process process) {
        this.mountPoint = mountPoint;
        this.before = before;
        this.process = process;
    }

    /**
     * Starts it.
     *
     * @param mountPoint without symbolic links, as the kernel shows it
     * @param directory of ours, removed with nydusd's end
     */
    static NydusdRun start(List<String> nydusd, Path mountPoint, Path directory) {
        RawPath raw = RawPath.of(mountPoint);
        var before = MountInfo.at(raw);
        var arguments =
                new ArrayList<>(
                        List.of(mountPoint.toString(), directory.toAbsolutePath().toString()));
        arguments.addAll(nydusd);
        try {
            Process process = Guardian.start(GUARDIAN, arguments);
            return new NydusdRun(raw, before, process);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND, "cannot start nydusd: " + e.getMessage(), e);
        }
    }

    /** Takes away a mount whose nydusd is gone, as one that was killed with its guardian leaves. */
    static void removeDead(Path mountPath) {
        Path real = mountPath.toAbsolutePath().normalize();
        RawPath raw = RawPath.of(real);
        Optional<MountInfo> there = MountInfo.at(raw);
        if (there.isPresent() && there.get().type().startsWith("fuse") && isDead(raw)) {
            LOG.warn("{} is a mount that nobody serves any more; it is taken away", mountPath);
            Mount.umount(raw, Mount.MNT_DETACH);
        }
    }

    private static boolean isDead(RawPath mountPoint) {
        try {
            var _ = RawFiles.fileSystem(mountPoint);
            return false;
        } catch (ErrnoException e) {
            return e.errno() == Errno.ENOTCONN;
        }
    }

    /** Waits until it has mounted. */
    void awaitMounted() throws InterruptedException {
        for (int poll = 0; poll < POLLS; poll++) {
            if (mounted()) {
                return;
            }
            if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new NaiadException(
                        ErrorKind.UNAVAILABLE,
                        "nydusd ended with code "
                                + process.exitValue()
                                + " before "
                                + mountPoint
                                + " was mounted; what it said stands above");
            }
        }
        throw new NaiadException(
                ErrorKind.DEADLINE_EXCEEDED,
                "nydusd has not mounted " + mountPoint + " within a minute");
    }

    /** Waits for its end, which an umount by anybody brings about. */
    void awaitEnd() throws InterruptedException {
        int code = process.waitFor();
        if (code != 0) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, "nydusd ended with code " + code);
        }
    }

    private boolean mounted() {
        var now = MountInfo.at(mountPoint);
        return now.isPresent() && !now.equals(before);
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            LOG.debug("nydusd's guardian is gone: {}", e.getMessage());
        }
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("nydusd does not end");
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (mounted()) {
            var _ = Mount.umountIfMounted(mountPoint);
        }
    }
}
