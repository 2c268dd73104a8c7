package dev.naiad.scheduler.rpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.time.Ticker;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A token for every unary call, every new stream and every further registration on one, none for
 * other messages. Health checks are free: an overloaded scheduler is not a dead one.
 */
public final class RateLimit implements ServerInterceptor {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final String HEALTH = "grpc.health.v1.Health";
    private final ReentrantLock lock = new ReentrantLock();
    private final Ticker ticker;
    private final double perSecond;
    private final double burst;

    @GuardedBy("lock") private double tokens;

    @GuardedBy("lock") private long at;

    /** A full bucket of {@code perSecond} tokens that refills at that rate. */
    public RateLimit(double perSecond, Ticker ticker) {
        this.perSecond = perSecond;
        this.burst = Math.max(1, Math.floor(perSecond));
        this.tokens = burst;
        this.ticker = ticker;
        this.at = ticker.nanos();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (HEALTH.equals(call.getMethodDescriptor().getServiceName()) || take()) {
            return next.startCall(call, headers);
        }
        call.close(
                Status.RESOURCE_EXHAUSTED.withDescription(
                        call.getMethodDescriptor().getFullMethodName()
                                + " is rejected by the rate limiter, please retry later"),
                new Metadata());
        return new ServerCall.Listener<>() {};
    }

    /** Takes a token if there is one. */
    boolean take() {
        lock.lock();
        try {
            long now = ticker.nanos();
            tokens = Math.min(burst, tokens + (now - at) / NANOS_PER_SECOND * perSecond);
            at = now;
            if (tokens < 1) {
                return false;
            }
            tokens--;
            return true;
        } finally {
            lock.unlock();
        }
    }
}
