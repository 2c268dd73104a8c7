package dev.naiad.dfdaemon.grpc;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.piece.OriginException;
import dev.naiad.dfdaemon.scheduler.DfdaemonMessages;
import dev.naiad.dfdaemon.task.RangeException;
import dev.naiad.net.grpc.GrpcStatus;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How failures travel over gRPC. What an origin answered goes as JSON in the trailer that elsewhere
 * holds a {@code google.rpc.Status}.
 */
public final class ErrorDetails {
    // compat: dfget and dfctl of the original read JSON here, not a Status message.
    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private ErrorDetails() {}

    /** What an origin answered, as it came over gRPC. */
    public record OriginAnswer(
            String message, Map<String, String> headers, OptionalInt statusCode) {}

    public static StatusRuntimeException of(Throwable failure) {
        if (failure instanceof OriginException origin) {
            var trailers = new Metadata();
            trailers.put(DETAILS, json(origin).getBytes(StandardCharsets.UTF_8));
            return Status.INTERNAL.withDescription(origin.what()).asRuntimeException(trailers);
        }
        if (failure instanceof RangeException range) {
            return Status.FAILED_PRECONDITION.withDescription(range.what()).asRuntimeException();
        }
        return GrpcStatus.of(failure).asRuntimeException();
    }

    /**
     * For tools, which take UNAVAILABLE for trouble with the socket: an origin that cannot be
     * reached is told as the original tells it, INTERNAL with details but without a status.
     */
    static StatusRuntimeException forTool(Throwable failure) {
        if (!(failure instanceof NaiadException e) || e.kind() != ErrorKind.UNAVAILABLE) {
            return of(failure);
        }
        if (e instanceof OriginException) {
            return of(e);
        }
        var trailers = new Metadata();
        String json =
                JsonWriter.compact()
                        .object()
                        .put("message", e.what())
                        .put("header", Map.of())
                        .key("status_code")
                        .nothing()
                        .end()
                        .toString();
        trailers.put(DETAILS, json.getBytes(StandardCharsets.UTF_8));
        return Status.INTERNAL.withDescription(e.what()).asRuntimeException(trailers);
    }

    private static String json(OriginException origin) {
        return JsonWriter.compact()
                .object()
                .put("message", origin.what())
                .put("header", DfdaemonMessages.headers(origin.headers()))
                .put("status_code", origin.status())
                .end()
                .toString();
    }

    /** The origin's answer inside a failure of a call, if there is one. */
    public static Optional<OriginAnswer> originAnswer(Throwable failure) {
        Metadata trailers = Status.trailersFromThrowable(failure);
        byte[] details = trailers == null ? null : trailers.get(DETAILS);
        if (details == null || details.length == 0 || details[0] != '{') {
            return Optional.empty();
        }
        try {
            ConfigNode json = JsonReader.parse("status details", details);
            var problems = new dev.naiad.base.config.Problems();
            ConfigNode status = json.get("status_code");
            return Optional.of(
                    new OriginAnswer(
                            json.get("message").text(),
                            json.get("header").stringMap(problems),
                            status.isPresent()
                                    ? OptionalInt.of(status.int32(problems, 0, 0, 999))
                                    : OptionalInt.empty()));
        } catch (NaiadException e) {
            return Optional.empty();
        }
    }
}
