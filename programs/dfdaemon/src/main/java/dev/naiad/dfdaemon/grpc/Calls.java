package dev.naiad.dfdaemon.grpc;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Callable;

/** Answers a call with one message or the status of its failure. */
final class Calls {
    private Calls() {}

    static <T> void answer(StreamObserver<T> out, Callable<T> call) {
        T message;
        try {
            message = call.call();
        } catch (InterruptedException e) {
            out.onError(Status.CANCELLED.asRuntimeException());
            return;
        } catch (Exception e) {
            out.onError(ErrorDetails.of(e));
            return;
        }
        out.onNext(message);
        out.onCompleted();
    }
}
