package dev.naiad.nydusify.commit;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.containerdapi.tasks.Status;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a container go on that a commit has paused. containerd may be away meanwhile: it is asked
 * until it answers.
 *
 * @param socket of containerd
 * @param namespace of the container
 * @param id of the container
 */
record Resumption(Path socket, String namespace, String id) {
    private static final Logger LOG = LoggerFactory.getLogger(Resumption.class);

    /** Names who has paused the container; there only while it stands still. */
    static final String LABEL = "dev.naiad/paused-for-commit-by";

    private static final int ATTEMPTS = 600;
    private static final int PAUSE_MILLIS = 1000;

    /** How long a pause may still come about that was asked for by somebody who is dead. */
    private static final int LATE_PAUSES = 5;

    /** Returns when it goes on, or is gone. */
    void now() throws InterruptedException {
        run(1);
    }

    /** The same when somebody was killed who may have asked for the pause just before. */
    void afterKill() throws InterruptedException {
        run(LATE_PAUSES);
    }

    /**
     * @param looks how often it must be seen running
     */
    private void run(int looks) throws InterruptedException {
        int running = 0;
        boolean waits = false;
        for (int attempt = 1; ; attempt++) {
            try (var containerd = new ContainerdTasks(socket, namespace)) {
                Optional<Status> status = containerd.status(id);
                switch (status.orElse(Status.STOPPED)) {
                    case PAUSED -> containerd.resume(id);
                    case PAUSING, UNKNOWN, UNRECOGNIZED -> running = 0;
                    case CREATED, RUNNING, STOPPED -> running++;
                }
                if (status.isEmpty() || running >= looks) {
                    forget(containerd);
                    return;
                }
            } catch (NaiadException e) {
                if (attempt >= ATTEMPTS) {
                    throw new NaiadException(
                            e.kind(),
                            "container "
                                    + id
                                    + " may stand still; resume it with nydusify resume --container "
                                    + id,
                            e);
                }
                if (!waits) {
                    LOG.warn("container {} is not resumed yet: {}", id, NaiadException.chain(e));
                    waits = true;
                }
            }
            Thread.sleep(running > 0 || waits ? PAUSE_MILLIS : PAUSE_MILLIS / 20);
        }
    }

    private void forget(ContainerdTasks containerd) {
        try {
            containerd.label(id, LABEL, Optional.empty());
        } catch (NaiadException e) {
            if (e.kind() != ErrorKind.NOT_FOUND) {
                throw e;
            }
        }
    }
}
