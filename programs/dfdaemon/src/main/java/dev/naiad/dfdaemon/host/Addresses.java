package dev.naiad.dfdaemon.host;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;

/** The name and address under which other hosts reach this one. */
public final class Addresses {
    private Addresses() {}

    /**
     * The address from which the default route leaves this host, IPv4 before IPv6. Without such a
     * route the first IPv4 address that is not of the loopback, else an IPv6 one, else 127.0.0.1.
     */
    public static String ip() {
        // Addresses for documentation (RFC 5737, RFC 3849): the route is looked up, nothing is
        // sent.
        return source(StandardProtocolFamily.INET, "192.0.2.1")
                .or(() -> source(StandardProtocolFamily.INET6, "2001:db8::1"))
                .orElseGet(Addresses::first);
    }

    /** The address that the kernel would take to reach another one. */
    private static Optional<String> source(ProtocolFamily family, String target) {
        try (var probe = DatagramChannel.open(family)) {
            probe.connect(new InetSocketAddress(target, 9));
            if (!(probe.getLocalAddress() instanceof InetSocketAddress local)
                    || local.getAddress().isAnyLocalAddress()
                    || local.getAddress().isLoopbackAddress()
                    || local.getAddress().isLinkLocalAddress()) {
                return Optional.empty();
            }
            return Optional.of(local.getAddress().getHostAddress());
        } catch (IOException | UnsupportedOperationException | UnsupportedAddressTypeException e) {
            return Optional.empty();
        }
    }

    private static String first() {
        Optional<String> six = Optional.empty();
        try {
            for (NetworkInterface nic : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (!nic.isUp() || nic.isLoopback()) {
                    continue;
                }
                for (InetAddress address : Collections.list(nic.getInetAddresses())) {
                    if (address instanceof Inet4Address) {
                        return address.getHostAddress();
                    }
                    if (six.isEmpty() && !address.isLinkLocalAddress()) {
                        six = Optional.of(address.getHostAddress());
                    }
                }
            }
        } catch (IOException e) {
            return "127.0.0.1";
        }
        return six.orElse("127.0.0.1");
    }

    /** The kernel's host name. */
    public static String hostname() {
        try {
            String name =
                    Files.readString(Path.of("/proc/sys/kernel/hostname"), StandardCharsets.UTF_8)
                            .strip();
            return name.isEmpty() ? "localhost" : name;
        } catch (IOException e) {
            return "localhost";
        }
    }
}
