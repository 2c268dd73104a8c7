package dev.naiad.convert.mount;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.Mount;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.RawPath;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One nydusd that runs while we run: ended with us, and no mount stays behind. */
final class NydusdRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NydusdRun.class);
    private static final int POLL_MILLIS = 100;
    private static final int POLLS = 600;
    private static final int END_SECONDS = 30;

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
     */
    static NydusdRun start(List<String> command, Path mountPoint) {
        RawPath raw = RawPath.of(mountPoint);
        var before = MountInfo.at(raw);
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectInput(new File("/dev/null"))
                            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            return new NydusdRun(raw, before, process);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND, "cannot start nydusd: " + e.getMessage(), e);
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
        process.destroy();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("nydusd does not end, it is killed");
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        if (mounted()) {
            var _ = Mount.umountIfMounted(mountPoint);
        }
    }
}
