package dev.naiad.dfdaemon.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * dynconfig.yaml, which names the schedulers where no manager does. Read again and again, so it may
 * change while dfdaemon runs; a file that is missing means the name of the cluster's service.
 */
public final class SchedulerAddresses {
    static final String DEFAULT_SCHEDULER = "dragonfly-scheduler:8002";

    private SchedulerAddresses() {}

    /**
     * The addresses of the schedulers, resolved.
     *
     * @throws NaiadException if the file is malformed or a name cannot be resolved now
     */
    public static List<InetSocketAddress> schedulers(Path file) {
        if (!Files.exists(file)) {
            return resolve(DEFAULT_SCHEDULER);
        }
        var problems = new Problems();
        ConfigNode scheduler = YamlReader.read(file).get("scheduler");
        List<String> literal = scheduler.get("addrs").strings(problems);
        String name = scheduler.get("addr").string(problems, DEFAULT_SCHEDULER);
        problems.throwIfAny();
        var all = new ArrayList<InetSocketAddress>();
        for (String address : literal.isEmpty() ? List.of(name) : literal) {
            all.addAll(resolve(address));
        }
        return all;
    }

    private static List<InetSocketAddress> resolve(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int port;
        try {
            port = Integer.parseInt(text.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "scheduler.addrs: " + text + " has no port", e);
        }
        try {
            InetAddress[] found = InetAddress.getAllByName(host);
            boolean any4 = Arrays.stream(found).anyMatch(Inet4Address.class::isInstance);
            return Arrays.stream(found)
                    .filter(ip -> !any4 || ip instanceof Inet4Address)
                    .map(ip -> new InetSocketAddress(ip, port))
                    .distinct()
                    .toList();
        } catch (UnknownHostException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "scheduler " + text + ": the name is not known", e);
        }
    }
}
