package dev.naiad.net.grpc;

import io.grpc.Attributes;
import io.grpc.ServerCall;
import java.util.Optional;

/**
 * The process at the other end of a unix socket, as the kernel named it when it connected.
 *
 * @param uid its effective user then
 * @param gid its effective group then
 */
public record UnixPeer(int pid, long uid, long gid) {
    static final Attributes.Key<UnixPeer> ATTRIBUTE = Attributes.Key.create("naiad-unix-peer");

    /** Who calls; empty over TCP. */
    public static Optional<UnixPeer> of(ServerCall<?, ?> call) {
        return Optional.ofNullable(call.getAttributes().get(ATTRIBUTE));
    }
}
