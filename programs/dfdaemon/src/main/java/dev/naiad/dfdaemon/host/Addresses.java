package dev.naiad.dfdaemon.host;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;

/** The name and address under which other hosts reach this one. */
public final class Addresses {
    private Addresses() {}

    /** The first IPv4 address that is not of the loopback, else an IPv6 one, else 127.0.0.1. */
    public static String ip() {
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
