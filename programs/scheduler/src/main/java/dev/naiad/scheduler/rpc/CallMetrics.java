package dev.naiad.scheduler.rpc;

import dev.naiad.base.metrics.Counter;
import dev.naiad.base.metrics.MetricRegistry;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Locale;

/** Counts calls and messages under the names of go-grpc-prometheus ({@code grpc_server_…}). */
public final class CallMetrics implements ServerInterceptor {
    private final Counter started;
    private final Counter handled;
    private final Counter received;
    private final Counter sent;

    /** Declares the metrics. */
    public CallMetrics(MetricRegistry registry) {
        String[] labels = {"grpc_type", "grpc_service", "grpc_method"};
        started = registry.counter("grpc_server_started_total", "Calls started.", labels);
        received = registry.counter("grpc_server_msg_received_total", "Messages received.", labels);
        sent = registry.counter("grpc_server_msg_sent_total", "Messages sent.", labels);
        handled =
                registry.counter(
                        "grpc_server_handled_total",
                        "Calls that ended.",
                        "grpc_type",
                        "grpc_service",
                        "grpc_method",
                        "grpc_code");
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        var method = call.getMethodDescriptor();
        String type = type(method.getType());
        String service = String.valueOf(method.getServiceName());
        String name = String.valueOf(method.getBareMethodName());
        started.labels(type, service, name).inc();
        var counted =
                new SimpleForwardingServerCall<Q, R>(call) {
                    @Override
                    public void sendMessage(R message) {
                        sent.labels(type, service, name).inc();
                        super.sendMessage(message);
                    }

                    @Override
                    public void close(Status status, Metadata trailers) {
                        handled.labels(type, service, name, code(status.getCode())).inc();
                        super.close(status, trailers);
                    }
                };
        return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
            @Override
            public void onMessage(Q message) {
                received.labels(type, service, name).inc();
                super.onMessage(message);
            }
        };
    }

    private static String type(MethodDescriptor.MethodType type) {
        return switch (type) {
            case UNARY, UNKNOWN -> "unary";
            case CLIENT_STREAMING -> "client_stream";
            case SERVER_STREAMING -> "server_stream";
            case BIDI_STREAMING -> "bidi_stream";
        };
    }

    /** The code as Go writes it: NOT_FOUND is NotFound. */
    static String code(Status.Code code) {
        if (code == Status.Code.OK) {
            return "OK";
        }
        if (code == Status.Code.CANCELLED) {
            return "Canceled";
        }
        var text = new StringBuilder();
        for (String word : code.name().split("_", -1)) {
            text.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return text.toString();
    }
}
