package dev.naiad.net.grpc;

import java.time.Duration;

/**
 * What a gRPC server takes from one connection.
 *
 * @param messageBytes of one message
 * @param headerBytes of one call's request headers
 * @param calls that run at once; the client holds further ones back
 * @param keepAlive silence on a TCP connection after which the client is asked whether it is still
 *     there
 */
public record ConnectionLimits(int messageBytes, int headerBytes, int calls, Duration keepAlive) {
    /** What servers of the original's clients need at most, with room. */
    public static final ConnectionLimits DEFAULT =
            new ConnectionLimits(16 << 20, 16 << 10, 4096, Duration.ofMinutes(1));

    /** A client that takes longer than this to say that it is still there is cut off. */
    Duration answerWithin() {
        var most = Duration.ofSeconds(20);
        return keepAlive.compareTo(most) < 0 ? keepAlive : most;
    }

    /** The same with another limit for messages. */
    public ConnectionLimits withMessageBytes(int bytes) {
        return new ConnectionLimits(bytes, headerBytes, calls, keepAlive);
    }

    /** The same with another limit for calls. */
    public ConnectionLimits withCalls(int atOnce) {
        return new ConnectionLimits(messageBytes, headerBytes, atOnce, keepAlive);
    }

    /** The same with another patience. */
    public ConnectionLimits withKeepAlive(Duration silence) {
        return new ConnectionLimits(messageBytes, headerBytes, calls, silence);
    }
}
