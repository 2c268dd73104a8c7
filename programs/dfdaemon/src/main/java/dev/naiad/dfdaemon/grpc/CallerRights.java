package dev.naiad.dfdaemon.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.FileRights;
import dev.naiad.linux.Processes;
import dev.naiad.net.grpc.UnixPeer;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * With whose rights output files are written. The socket is open to every user of the machine, so a
 * caller gets its own rights and not the daemon's: root and the daemon's own user may write
 * anywhere, others only where the kernel lets that user write.
 */
public final class CallerRights implements ServerInterceptor {
    private static final Context.Key<UnixPeer> PEER = Context.key("naiad-unix-peer");

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        Optional<UnixPeer> peer = UnixPeer.of(call);
        Context context =
                peer.isPresent()
                        ? Context.current().withValue(PEER, peer.get())
                        : Context.current();
        return Contexts.interceptCall(context, call, headers, next);
    }

    /** The rights of the caller of the current call. */
    static Rights current() {
        UnixPeer peer = PEER.get();
        if (peer == null) {
            throw new NaiadException(
                    ErrorKind.PERMISSION_DENIED,
                    "the kernel does not say who names this output path");
        }
        return of(peer.uid(), peer.gid());
    }

    private static Rights of(long uid, long gid) {
        return uid == 0 || uid == Processes.effectiveUser()
                ? new Own()
                : new Other(new FileRights(uid, gid));
    }

    /** With whose rights files are touched. */
    sealed interface Rights {
        /** Runs a few system calls with these rights. */
        <T> T call(Supplier<T> work);
    }

    /** The daemon's. */
    record Own() implements Rights {
        @Override
        public <T> T call(Supplier<T> work) {
            return work.get();
        }
    }

    /** Those of another user. */
    record Other(FileRights rights) implements Rights {
        @Override
        public <T> T call(Supplier<T> work) {
            return rights.call(work);
        }
    }
}
