package dev.naiad.net.server;

import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * Limits of a server.
 *
 * @param maxConnections open at once; more wait to be accepted
 * @param maxHeadBytes of a request's first line and of its fields, each
 * @param maxBodyBytes of a request whose handler does not stream it
 * @param headTimeout in which a request's head must be complete once its first byte is there
 * @param idleTimeout between requests
 * @param ioTimeout for each wait on a body or on a slow reader
 * @param stopTimeout that running requests get when the server closes
 * @param socketMode permissions of a unix socket
 */
public record HttpServerConfig(
        int maxConnections,
        int maxHeadBytes,
        int maxBodyBytes,
        Duration headTimeout,
        Duration idleTimeout,
        Duration ioTimeout,
        Duration stopTimeout,
        Set<PosixFilePermission> socketMode,
        Optional<SSLContext> tls) {

    public HttpServerConfig {
        socketMode = Set.copyOf(socketMode);
    }

    public static HttpServerConfig defaults() {
        return new HttpServerConfig(
                1024,
                64 << 10,
                4 << 20,
                Duration.ofSeconds(15),
                Duration.ofSeconds(120),
                Duration.ofSeconds(60),
                Duration.ofSeconds(3),
                PosixFilePermissions.fromString("rw-------"),
                Optional.empty());
    }

    public HttpServerConfig withMaxConnections(int count) {
        return new HttpServerConfig(
                count,
                maxHeadBytes,
                maxBodyBytes,
                headTimeout,
                idleTimeout,
                ioTimeout,
                stopTimeout,
                socketMode,
                tls);
    }

    public HttpServerConfig withMaxHeadBytes(int bytes) {
        return new HttpServerConfig(
                maxConnections,
                bytes,
                maxBodyBytes,
                headTimeout,
                idleTimeout,
                ioTimeout,
                stopTimeout,
                socketMode,
                tls);
    }

    public HttpServerConfig withMaxBodyBytes(int bytes) {
        return new HttpServerConfig(
                maxConnections,
                maxHeadBytes,
                bytes,
                headTimeout,
                idleTimeout,
                ioTimeout,
                stopTimeout,
                socketMode,
                tls);
    }

    public HttpServerConfig withTimeouts(Duration head, Duration idle, Duration io) {
        return new HttpServerConfig(
                maxConnections,
                maxHeadBytes,
                maxBodyBytes,
                head,
                idle,
                io,
                stopTimeout,
                socketMode,
                tls);
    }

    public HttpServerConfig withStopTimeout(Duration stop) {
        return new HttpServerConfig(
                maxConnections,
                maxHeadBytes,
                maxBodyBytes,
                headTimeout,
                idleTimeout,
                ioTimeout,
                stop,
                socketMode,
                tls);
    }

    /** Permissions as {@code rw-rw----}. */
    public HttpServerConfig withSocketMode(String mode) {
        return new HttpServerConfig(
                maxConnections,
                maxHeadBytes,
                maxBodyBytes,
                headTimeout,
                idleTimeout,
                ioTimeout,
                stopTimeout,
                PosixFilePermissions.fromString(mode),
                tls);
    }

    public HttpServerConfig withTls(SSLContext context) {
        return new HttpServerConfig(
                maxConnections,
                maxHeadBytes,
                maxBodyBytes,
                headTimeout,
                idleTimeout,
                ioTimeout,
                stopTimeout,
                socketMode,
                Optional.of(context));
    }
}
