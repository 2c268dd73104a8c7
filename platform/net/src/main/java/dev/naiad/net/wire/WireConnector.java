package dev.naiad.net.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Opens connections. */
final class WireConnector {
    private WireConnector() {}

    static Wire connect(Endpoint endpoint, Watchdog watchdog, Duration timeout) throws IOException {
        return switch (endpoint) {
            case Endpoint.Unix(var path) ->
                    open(
                            SocketChannel.open(StandardProtocolFamily.UNIX),
                            UnixDomainSocketAddress.of(path),
                            watchdog,
                            timeout);
            case Endpoint.Tcp(var host, var port) -> tcp(host, port, watchdog, timeout);
        };
    }

    private static Wire tcp(String host, int port, Watchdog watchdog, Duration timeout)
            throws IOException {
        InetAddress[] addresses;
        try {
            addresses = InetAddress.getAllByName(host);
        } catch (UnknownHostException e) {
            var named = new UnknownHostException("host " + host + " is unknown");
            named.initCause(e);
            throw named;
        }
        long end = System.nanoTime() + timeout.toNanos();
        @Nullable IOException first = null;
        for (InetAddress address : addresses) {
            Duration left = timeout.isZero() ? timeout : Duration.ofNanos(end - System.nanoTime());
            if (left.isNegative()) {
                break;
            }
            try {
                var channel = SocketChannel.open();
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                return open(channel, new InetSocketAddress(address, port), watchdog, left);
            } catch (IOException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        throw first == null ? new SocketTimeoutException("connect timed out") : first;
    }

    private static Wire open(
            SocketChannel channel, SocketAddress address, Watchdog watchdog, Duration timeout)
            throws IOException {
        var wire = new PlainWire(channel, watchdog);
        boolean done = false;
        try {
            wire.timeout(timeout);
            wire.begin();
            try {
                channel.connect(address);
            } catch (IOException e) {
                throw wire.explain(e);
            } finally {
                wire.end();
            }
            wire.timeout(Duration.ZERO);
            done = true;
            return wire;
        } finally {
            if (!done) {
                wire.abort();
            }
        }
    }
}
