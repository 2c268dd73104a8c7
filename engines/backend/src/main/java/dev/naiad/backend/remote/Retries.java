package dev.naiad.backend.remote;

import dev.naiad.backend.BackendCounters;
import dev.naiad.backend.ReadOptions;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.connection.Attempt;
import dev.naiad.backend.connection.Mirror;
import dev.naiad.backend.connection.Suspects;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The one place where requests are repeated: what may pass by itself (broken or slow connections,
 * 5xx, 429) is tried again after a pause that doubles, with jitter, within the caller's deadline.
 * Prefetch reads are repeated once at most.
 */
public final class Retries {
    private static final int USER_RETRIES = 3;
    private static final int PREFETCH_RETRIES = 1;
    private static final long FIRST_PAUSE_MILLIS = 200;
    private static final long MAX_PAUSE_MILLIS = 5000;

    private final int limit;
    private final RandomGenerator random;
    private final Pause pause;
    private final BackendCounters metrics;

    /** Waits; a parameter so that tests need not. */
    public interface Pause {
        void sleep(Duration duration) throws InterruptedException;

        Pause REAL = Thread::sleep;
    }

    /**
     * @param limit further attempts after the first; 0 leaves it to the defaults (3, prefetch 1),
     *     as the present original does
     */
    public Retries(int limit, RandomGenerator random, Pause pause, BackendCounters metrics) {
        this.limit = limit;
        this.random = random;
        this.pause = pause;
        this.metrics = metrics;
    }

    /** One attempt. */
    public interface Action<T> {
        T run(Attempt attempt);
    }

    /** An attempt's failure that a mirror is to blame for. */
    public static final class MirrorFailure extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient Mirror mirror;
        private final NaiadException failure;

        public MirrorFailure(Mirror mirror, NaiadException failure) {
            super(failure);
            this.mirror = mirror;
            this.failure = failure;
        }
    }

    /** Runs the action until it succeeds or fails for good. */
    public <T> T run(String what, ReadPriority priority, Deadline deadline, Action<T> action) {
        return run(what, priority, deadline, false, new HashSet<>(), new Suspects(), action);
    }

    /** The same past proxy and mirrors, if {@code options} want that. */
    <T> T run(String what, ReadOptions options, Action<T> action) {
        return run(
                what,
                options.priority(),
                options.deadline(),
                options.direct(),
                new HashSet<>(),
                new Suspects(),
                action);
    }

    /** The same, where some mirrors have failed already; those that fail now are added. */
    <T> T run(
            String what,
            ReadPriority priority,
            Deadline deadline,
            Set<Mirror> avoid,
            Suspects suspects,
            Action<T> action) {
        return run(what, priority, deadline, false, avoid, suspects, action);
    }

    private <T> T run(
            String what,
            ReadPriority priority,
            Deadline deadline,
            boolean direct,
            Set<Mirror> avoid,
            Suspects suspects,
            Action<T> action) {
        int left = retries(priority);
        for (int failures = 0; ; ) {
            NaiadException failure;
            try {
                T result = action.run(new Attempt(priority, deadline, avoid, direct, suspects));
                suspects.convict();
                return result;
            } catch (MirrorFailure e) {
                metrics.failed();
                if (avoid.add(e.mirror) && !deadline.isExpired()) {
                    continue; // somebody else can be asked at once, that is not a repetition
                }
                failure = e.failure;
            } catch (NaiadException e) {
                metrics.failed();
                failure = e;
            }
            if (left == 0 || !passing(failure, priority) || deadline.isExpired()) {
                throw failure;
            }
            left--;
            Duration wait = pauseAfter(failures++);
            if (deadline.remaining().compareTo(wait) <= 0) {
                throw failure;
            }
            metrics.retried();
            try {
                pause.sleep(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                var cancelled = new NaiadException(ErrorKind.CANCELLED, what + ": interrupted", e);
                cancelled.addSuppressed(failure);
                throw cancelled;
            }
        }
    }

    private int retries(ReadPriority priority) {
        return switch (priority) {
            case USER -> limit == 0 ? USER_RETRIES : limit;
            case PREFETCH -> PREFETCH_RETRIES;
        };
    }

    private static boolean passing(NaiadException failure, ReadPriority priority) {
        return switch (failure.kind()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, ABORTED, DATA_LOSS -> true;
            case RESOURCE_EXHAUSTED -> priority == ReadPriority.USER;
            case INVALID_ARGUMENT,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    PERMISSION_DENIED,
                    UNAUTHENTICATED,
                    NO_SPACE,
                    FAILED_PRECONDITION,
                    OUT_OF_RANGE,
                    UNIMPLEMENTED,
                    INTERNAL,
                    CANCELLED ->
                    false;
        };
    }

    /** Between a half and the whole of 0.2 s, 0.4 s, 0.8 s, … */
    private Duration pauseAfter(int failures) {
        long whole = Math.min(FIRST_PAUSE_MILLIS << Math.min(failures, 20), MAX_PAUSE_MILLIS);
        return Duration.ofMillis(random.nextLong(whole / 2, whole + 1));
    }
}
