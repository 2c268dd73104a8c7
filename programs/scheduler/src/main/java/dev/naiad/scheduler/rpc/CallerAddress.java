package dev.naiad.scheduler.rpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetSocketAddress;

/** Remembers from which IP address a call came. */
public final class CallerAddress implements ServerInterceptor {
    private static final Context.Key<String> ADDRESS = Context.key("caller-address");

    /** The caller's IP address, empty when it is unknown. */
    static String current() {
        String address = ADDRESS.get();
        return address == null ? "" : address;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        if (!(remote instanceof InetSocketAddress address) || address.getAddress() == null) {
            return next.startCall(call, headers);
        }
        var context = Context.current().withValue(ADDRESS, address.getAddress().getHostAddress());
        return Contexts.interceptCall(context, call, headers, next);
    }
}
