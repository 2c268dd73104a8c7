package dev.naiad.scheduler.rpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import io.grpc.stub.ServerCallStreamObserver;

/**
 * The answers of one conversation: its own thread gives them, and others tell it of neighbours
 * between. Nothing is said after the end. Safe for threads.
 */
final class Outlet {
    @GuardedBy("this") private final ServerCallStreamObserver<AnnouncePeerResponse> out;

    @GuardedBy("this") private boolean ended;

    Outlet(ServerCallStreamObserver<AnnouncePeerResponse> out) {
        this.out = out;
    }

    synchronized void answer(AnnouncePeerResponse message) {
        if (!ended) {
            out.onNext(message);
        }
    }

    /** Says what was not asked for, unless the peer does not read what it is told. */
    synchronized void tell(AnnouncePeerResponse message) {
        if (!ended && out.isReady()) {
            out.onNext(message);
        }
    }

    synchronized void complete() {
        ended = true;
        out.onCompleted();
    }

    synchronized void fail(Throwable why) {
        ended = true;
        out.onError(why);
    }

    /** The stream is gone. */
    synchronized void lost() {
        ended = true;
    }
}
