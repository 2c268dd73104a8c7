package dev.naiad.dfdaemon.task;

import dev.naiad.dfdaemon.metrics.DfdaemonMetrics;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the rest of a content behind a ranged read, once per task at a time. It takes the pieces
 * that no reader waits for, so readers always go first.
 */
public final class TaskPrefetcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TaskPrefetcher.class);

    private final TaskEngine engine;
    private final DfdaemonMetrics metrics;
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("prefetch-", 0).factory());

    public TaskPrefetcher(TaskEngine engine, DfdaemonMetrics metrics) {
        this.engine = engine;
        this.metrics = metrics;
    }

    /** Begins the prefetch behind {@code request}, if it is not under way or done. */
    public void begin(TaskRequest request) throws InterruptedException {
        Optional<TaskSession> session = engine.prefetch(request);
        session.ifPresent(begun -> threads.execute(() -> run(begun)));
    }

    private void run(TaskSession session) {
        var metric = metrics.prefetch(session.download());
        boolean well = false;
        try (session) {
            session.awaitRest();
            session.succeeded();
            well = true;
        } catch (InterruptedException e) {
            session.abandoned();
        } catch (RuntimeException e) {
            session.fail(e);
            LOG.debug("prefetch of task {} failed", session.taskId(), e);
        } finally {
            metric.end(session.span().length(), well);
            engine.prefetchEnded(session.taskId());
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
