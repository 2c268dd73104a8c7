package dev.naiad.scheduler.rpc;

import dev.naiad.base.concurrent.TokenBucket;
import dev.naiad.base.time.Ticker;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * A token for every unary call, every new stream and every further registration on one, none for
 * other messages. Health checks are free: an overloaded scheduler is not a dead one.
 */
public final class RateLimit implements ServerInterceptor {
    private static final String HEALTH = "grpc.health.v1.Health";
    private final TokenBucket bucket;

    /** A full bucket of {@code perSecond} tokens that refills at that rate. */
    public RateLimit(double perSecond, Ticker ticker) {
        this.bucket = new TokenBucket(ticker, perSecond, Math.max(1, Math.floor(perSecond)));
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
        return bucket.tryTake(1);
    }
}
