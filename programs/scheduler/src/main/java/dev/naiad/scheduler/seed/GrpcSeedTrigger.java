package dev.naiad.scheduler.seed;

import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonUploadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskResponse;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.scheduler.resource.Host;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Speaks {@code dfdaemon.v2.DfdaemonUpload} with the seeds, one channel an address. Safe for
 * threads.
 */
public final class GrpcSeedTrigger implements SeedTrigger, AutoCloseable {
    private static final Duration HEALTH_TIMEOUT = Duration.ofSeconds(2);

    /** As long as a client waits for the scheduler at most. */
    private static final Duration FETCH_TIMEOUT = Duration.ofHours(3);

    private final Map<String, GrpcChannel> channels = new ConcurrentHashMap<>();
    private final Function<String, GrpcChannel> dial;

    /**
     * A trigger that reaches an {@code ip:port} through {@code dial}. It closes the channels it
     * got.
     */
    public GrpcSeedTrigger(Function<String, GrpcChannel> dial) {
        this.dial = dial;
    }

    @Override
    public void fire(Host seed, Download download, Listener listener) {
        // The fetch is for everybody who will want the task: it must not end with the call of the
        // peer that asked first.
        Context.ROOT.run(() -> call(seed, download, listener));
    }

    private void call(Host seed, Download download, Listener listener) {
        var request = DownloadTaskRequest.newBuilder().setDownload(SeedTrigger.forSeed(download));
        DfdaemonUploadGrpc.newStub(channel(seed))
                .withDeadlineAfter(FETCH_TIMEOUT)
                .downloadTask(
                        request.build(),
                        new StreamObserver<>() {
                            @Override
                            public void onNext(DownloadTaskResponse progress) {
                                // The seed reports its pieces as a peer; this stream only tells the
                                // end.
                            }

                            @Override
                            public void onError(Throwable failure) {
                                var status = Status.fromThrowable(failure);
                                listener.ended(outcome(status.getCode()), status.toString());
                            }

                            @Override
                            public void onCompleted() {
                                listener.ended(Outcome.DONE, "");
                            }
                        });
    }

    private static Outcome outcome(Status.Code code) {
        return switch (code) {
            case UNAVAILABLE -> Outcome.UNREACHABLE;
            case CANCELLED, DEADLINE_EXCEEDED -> Outcome.CANCELLED;
            default -> Outcome.FAILED;
        };
    }

    /** True when the seed answers SERVING within two seconds. */
    public boolean isServing(Host seed) {
        try {
            return HealthGrpc.newBlockingStub(channel(seed))
                            .withDeadlineAfter(HEALTH_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus()
                    == ServingStatus.SERVING;
        } catch (io.grpc.StatusRuntimeException notServing) {
            return false;
        }
    }

    private ManagedChannel channel(Host seed) {
        return channels.computeIfAbsent(Seeds.address(seed), dial).channel();
    }

    @Override
    public void close() {
        channels.values().forEach(GrpcChannel::close);
        channels.clear();
    }
}
