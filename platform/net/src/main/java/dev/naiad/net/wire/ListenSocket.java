package dev.naiad.net.wire;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A bound socket that accepts connections. */
public final class ListenSocket implements Closeable {
    private static final int BACKLOG = 512;

    private final ServerSocketChannel channel;
    private final Endpoint endpoint;

    /** Identity of the socket file, so that a successor's file is never removed. */
    private final @Nullable Object fileKey;

    private ListenSocket(ServerSocketChannel channel, Endpoint endpoint, @Nullable Object fileKey) {
        this.channel = channel;
        this.endpoint = endpoint;
        this.fileKey = fileKey;
    }

    /**
     * Binds. A socket file that nobody listens on is removed first; parent directories are made.
     *
     * @param mode of a unix socket's file
     * @throws NaiadException ALREADY_EXISTS if somebody listens there, PERMISSION_DENIED, or
     *     UNAVAILABLE
     */
    public static ListenSocket bind(Endpoint endpoint, Set<PosixFilePermission> mode) {
        try {
            return switch (endpoint) {
                case Endpoint.Tcp tcp -> tcp(tcp);
                case Endpoint.Unix unix -> unix(unix, mode);
            };
        } catch (BindException e) {
            throw new NaiadException(
                    ErrorKind.ALREADY_EXISTS,
                    "cannot listen on " + endpoint + ": " + e.getMessage(),
                    e);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "cannot listen on " + endpoint + ": " + e, e);
        }
    }

    private static ListenSocket tcp(Endpoint.Tcp tcp) throws IOException {
        var address = new InetSocketAddress(tcp.host(), tcp.port());
        if (address.isUnresolved()) {
            throw new IOException("host " + tcp.host() + " is unknown");
        }
        var channel = ServerSocketChannel.open();
        boolean done = false;
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(address, BACKLOG);
            int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
            done = true;
            return new ListenSocket(channel, Endpoint.tcp(tcp.host(), port), null);
        } finally {
            if (!done) {
                channel.close();
            }
        }
    }

    private static ListenSocket unix(Endpoint.Unix unix, Set<PosixFilePermission> mode)
            throws IOException {
        Path path = unix.path();
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        removeStale(path);
        var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        boolean done = false;
        try {
            channel.bind(UnixDomainSocketAddress.of(path), BACKLOG);
            Files.setPosixFilePermissions(path, mode);
            done = true;
            return new ListenSocket(channel, unix, key(path));
        } finally {
            if (!done) {
                channel.close();
            }
        }
    }

    /** Removes a socket file without a listener; leaves everything else alone. */
    public static void removeStale(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(
                        path,
                        java.nio.file.attribute.BasicFileAttributes.class,
                        LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new BindException(path + " exists and is not a socket");
        }
        try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            Files.deleteIfExists(path);
            return;
        }
        throw new BindException("another process listens on " + path);
    }

    private static @Nullable Object key(Path path) throws IOException {
        return Files.readAttributes(path, java.nio.file.attribute.BasicFileAttributes.class)
                .fileKey();
    }

    public Endpoint endpoint() {
        return endpoint;
    }

    public SocketChannel accept() throws IOException {
        SocketChannel accepted = channel.accept();
        if (endpoint instanceof Endpoint.Tcp) {
            accepted.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        return accepted;
    }

    /** Closes and removes the socket file if it is still ours. */
    @Override
    public void close() {
        try {
            channel.close();
            if (endpoint instanceof Endpoint.Unix(var path)
                    && Files.exists(path)
                    && fileKey != null
                    && fileKey.equals(key(path))) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // Nobody is served any more; a file that is left over is removed by the next start.
        }
    }
}
