package dev.naiad.nydusify.commit;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.containerdapi.containers.Container;
import dev.naiad.nydusify.guardian.Guardian;
import dev.naiad.nydusify.install.InstalledPrograms;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container that is paused until this is closed. It resumes whichever process is killed: if we
 * are, a guardian resumes it; if containerd is, we wait for it to be back; if we and the guardian
 * are, the next commit of the container does it, for a label says who has paused it.
 */
final class Standstill implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Standstill.class);
    private static final int END_SECONDS = 10;
    private static final byte[] RESUMED = "resumed\n".getBytes(StandardCharsets.US_ASCII);

    /** $@ is the command that resumes the container. */
    private static final String GUARDIAN =
            """
            read -r said <&3
            [ "$said" = resumed ] && exit 0
            exec "$@" </dev/null 3<&-
            """;

    private final Resumption resumption;
    private final Optional<Process> guardian;

    private Standstill(Resumption resumption, Optional<Process> guardian) {
        this.resumption = resumption;
        this.guardian = guardian;
    }

    /** Pauses it. */
    static Standstill begin(ContainerdTasks containerd, Resumption resumption) throws IOException {
        String id = resumption.id();
        var still = new Standstill(resumption, guardian(resumption));
        boolean good = false;
        try {
            containerd.label(id, Resumption.LABEL, Optional.of(owner(ProcessHandle.current())));
            LOG.info("pausing container {}", id);
            containerd.pause(id);
            good = true;
            return still;
        } finally {
            if (!good) {
                still.close();
            }
        }
    }

    private static Optional<Process> guardian(Resumption resumption) throws IOException {
        Optional<Path> nydusify = InstalledPrograms.find("nydusify");
        if (nydusify.isEmpty()) {
            LOG.warn("there is no nydusify beside us; if we are killed the container stays paused");
            return Optional.empty();
        }
        return Optional.of(
                Guardian.start(
                        GUARDIAN,
                        List.of(
                                nydusify.get().toString(),
                                "resume",
                                "--container",
                                resumption.id(),
                                "--namespace",
                                resumption.namespace(),
                                "--containerd-address",
                                resumption.socket().toAbsolutePath().toString())));
    }

    /** Puts right what a commit has left behind that was killed together with its guardian. */
    static void recover(Container container, Resumption resumption) throws InterruptedException {
        String owner = container.getLabelsOrDefault(Resumption.LABEL, "");
        if (owner.isEmpty()) {
            return;
        }
        if (lives(owner)) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    "container " + container.getId() + " is being committed by process " + owner);
        }
        LOG.warn("resuming container {}, which a killed commit has left paused", container.getId());
        resumption.now();
    }

    /** A process id and when it began, since ids come again. */
    private static String owner(ProcessHandle process) {
        long began = process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        return process.pid() + "-" + began;
    }

    private static boolean lives(String owner) {
        int dash = owner.indexOf('-');
        try {
            long pid = Long.parseLong(owner.substring(0, Math.max(0, dash)));
            return ProcessHandle.of(pid)
                    .filter(process -> owner(process).equals(owner))
                    .isPresent();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** Returns when it goes on. */
    @Override
    public void close() {
        // An interrupt must not keep us from it.
        boolean interrupted = Thread.interrupted();
        try {
            resumption.now();
            LOG.info("resumed container {}", resumption.id());
            guardian.ifPresent(Standstill::dismiss);
        } catch (InterruptedException e) {
            // The guardian goes on trying when we have ended.
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void dismiss(Process guardian) {
        try (var pipe = guardian.getOutputStream()) {
            pipe.write(RESUMED);
        } catch (IOException e) {
            LOG.debug("the guardian is gone: {}", e.getMessage());
        }
        try {
            var _ = guardian.waitFor(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
