package dev.naiad.dfdaemon.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Gives a service the headers of the call it answers. */
public final class CallHeaders implements ServerInterceptor {
    private static final Context.Key<Metadata> HEADERS = Context.key("naiad-call-headers");

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return Contexts.interceptCall(
                Context.current().withValue(HEADERS, headers), call, headers, next);
    }

    static Metadata current() {
        Metadata headers = HEADERS.get();
        return headers == null ? new Metadata() : headers;
    }
}
