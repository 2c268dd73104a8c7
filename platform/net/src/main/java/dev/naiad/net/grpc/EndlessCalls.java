package dev.naiad.net.grpc;

import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import java.util.Set;

/**
 * Takes the deadline off calls whose callers mean it for the first answer only.
 *
 * <p>compat: the Rust peers call SyncPieces and SyncHost with {@code grpc-timeout: 10s} and keep
 * them open for hours; grpc-java would cancel them. The header has to go before the call's context
 * is made, and the tracers are what sees it that early.
 */
final class EndlessCalls extends ServerStreamTracer.Factory {
    private static final Metadata.Key<String> TIMEOUT =
            Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);
    private static final ServerStreamTracer NOTHING = new ServerStreamTracer() {};

    private final Set<String> methods;

    EndlessCalls(Set<String> methods) {
        this.methods = methods;
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
        if (methods.contains(fullMethodName)) {
            headers.discardAll(TIMEOUT);
        }
        return NOTHING;
    }
}
