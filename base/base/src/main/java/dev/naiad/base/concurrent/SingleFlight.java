package dev.naiad.base.concurrent;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a call once for all callers that ask for the same key at the same time. The first caller
 * (the leader) runs it on its own thread; the others wait for its outcome. Nothing is kept
 * afterwards: neither results nor failures. A waiter that gives up does not disturb the leader.
 */
public final class SingleFlight<K, V> {
    private final ConcurrentHashMap<K, Flight<V>> flights = new ConcurrentHashMap<>();

    private static final class Flight<V> {
        final CountDownLatch landed = new CountDownLatch(1);
        volatile @Nullable V value;
        volatile @Nullable Throwable failure;
    }

    /**
     * The value of the call, which runs here unless another caller is running it already.
     *
     * @throws NaiadException DEADLINE_EXCEEDED if this caller is not the leader and the deadline
     *     comes first
     * @throws Exception what the call threw; waiters get a copy of the kind with the leader's
     *     failure as cause
     */
    public V call(K key, Deadline deadline, Callable<V> call) throws Exception {
        var mine = new Flight<V>();
        Flight<V> running = flights.putIfAbsent(key, mine);
        return running == null ? lead(key, mine, call) : follow(key, running, deadline);
    }

    /** {@link #call(Object, Deadline, Callable)} without a deadline. */
    public V call(K key, Callable<V> call) throws Exception {
        return call(key, Deadline.never(), call);
    }

    /** How many calls run now. */
    public int running() {
        return flights.size();
    }

    private V lead(K key, Flight<V> flight, Callable<V> call) throws Exception {
        try {
            V value = call.call();
            flight.value = value;
            return value;
        } catch (Throwable t) {
            flight.failure = t;
            throw t;
        } finally {
            // Removed before it completes: a new caller runs the call again instead of seeing an
            // old
            // failure.
            flights.remove(key, flight);
            flight.landed.countDown();
        }
    }

    private V follow(K key, Flight<V> flight, Deadline deadline) throws InterruptedException {
        if (!flight.landed.await(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
            throw Deadline.exceeded("waiting for " + key);
        }
        Throwable failure = flight.failure;
        if (failure instanceof NaiadException e) {
            throw new NaiadException(e.kind(), e.what(), e);
        }
        if (failure != null) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, String.valueOf(failure.getMessage()), failure);
        }
        V value = flight.value;
        if (value == null) {
            throw new NaiadException(ErrorKind.INTERNAL, key + ": the shared call returned null");
        }
        return value;
    }
}
