package dev.naiad.e2e.containerd;

import dev.naiad.containerdapi.leases.CreateRequest;
import dev.naiad.containerdapi.leases.DeleteRequest;
import dev.naiad.containerdapi.leases.LeasesGrpc;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.StatusException;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;

/** A connection to a containerd in one of its namespaces. For several threads. */
public final class Containerd implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final EventLoops loops = new EventLoops("containerd", 1);
    private final GrpcChannel channel;
    private final String namespace;

    /** Connects with the first call. */
    public Containerd(Path socket, String namespace) {
        this.channel = GrpcChannel.open(Endpoint.unix(socket), loops);
        this.namespace = namespace;
    }

    /** A stub whose calls name the namespace, and the lease unless that is empty. */
    <S extends AbstractStub<S>> S stub(Function<Channel, S> make, String lease) {
        var headers = new Metadata();
        headers.put(key("containerd-namespace"), namespace);
        if (!lease.isEmpty()) {
            headers.put(key("containerd-lease"), lease);
        }
        return make.apply(channel.channel())
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(PATIENCE);
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    /** Makes a first call, so that loading this client is not part of the first pull. */
    public void ping() throws IOException {
        try {
            var leases = stub(LeasesGrpc::newBlockingV2Stub, "");
            var made = leases.create(CreateRequest.getDefaultInstance()).getLease();
            var _ = leases.delete(DeleteRequest.newBuilder().setId(made.getId()).build());
        } catch (StatusException e) {
            throw new IOException("containerd", e);
        }
    }

    @Override
    public void close() {
        channel.close();
        loops.close();
    }
}
