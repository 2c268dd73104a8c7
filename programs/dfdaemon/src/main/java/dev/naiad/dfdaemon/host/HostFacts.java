package dev.naiad.dfdaemon.host;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.dfdaemon.scheduler.HostReport;
import dev.naiad.dragonfly.api.common.Build;
import dev.naiad.dragonfly.api.common.CPU;
import dev.naiad.dragonfly.api.common.Disk;
import dev.naiad.dragonfly.api.common.Host;
import dev.naiad.dragonfly.api.common.Memory;
import dev.naiad.dragonfly.api.common.Network;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * This host as an announcement describes it. Rates are those since the report before, so the first
 * one has none. Safe for many threads.
 */
public final class HostFacts implements HostReport {
    /**
     * What does not change.
     *
     * @param bandwidth of uploads, bytes per second; bounds what is announced
     */
    public record Fixed(
            String id,
            boolean seed,
            String hostname,
            String ip,
            Optional<String> idc,
            Optional<String> location,
            long clusterId,
            boolean disableShared,
            long bandwidth,
            Path storage,
            String version,
            Map<String, String> env) {
        public Fixed {
            env = Map.copyOf(env);
        }
    }

    /** The ports, known once the servers listen. */
    public record Ports(int upload, int proxy) {}

    private final Fixed fixed;
    private final LongSupplier nanoTime;
    private final String nic;
    private final String platformVersion = platformVersion();

    @GuardedBy("this") private Ports ports = new Ports(0, 0);

    @GuardedBy("this") private long sampledAt;

    @GuardedBy("this") private long[] sample = {0, 0, 0, 0};

    public HostFacts(Fixed fixed, LongSupplier nanoTime) {
        this.fixed = fixed;
        this.nanoTime = nanoTime;
        this.nic = interfaceOf(fixed.ip());
        this.sampledAt = nanoTime.getAsLong();
        this.sample = sample();
    }

    public synchronized void listening(Ports now) {
        ports = now;
    }

    @Override
    public synchronized Host now() {
        long at = nanoTime.getAsLong();
        double seconds = Math.max(1e-3, (at - sampledAt) / 1e9);
        long[] fresh = sample();
        double busy = fresh[0] - sample[0];
        double all = Math.max(1, fresh[1] - sample[1]);
        long max = maxBandwidth();
        var network =
                Network.newBuilder()
                        .setMaxRxBandwidth(max)
                        .setMaxTxBandwidth(max)
                        .setRxBandwidth(rate(fresh[2] - sample[2], seconds))
                        .setTxBandwidth(rate(fresh[3] - sample[3], seconds));
        fixed.idc().ifPresent(network::setIdc);
        fixed.location().ifPresent(network::setLocation);
        sampledAt = at;
        sample = fresh;
        int processors = Runtime.getRuntime().availableProcessors();
        return Host.newBuilder()
                .setId(fixed.id())
                .setType(fixed.seed() ? 1 : 0)
                .setHostname(fixed.hostname())
                .setIp(fixed.ip())
                .setPort(ports.upload())
                .setDownloadPort(ports.upload())
                .setOs("linux")
                .setPlatform("linux")
                .setPlatformFamily("unix")
                .setPlatformVersion(platformVersion)
                .setKernelVersion(line("/proc/sys/kernel/osrelease"))
                .setCpu(
                        CPU.newBuilder()
                                .setLogicalCount(processors)
                                .setPhysicalCount(processors)
                                .setPercent(100.0 * busy / all))
                .setMemory(memory())
                .setNetwork(network)
                .setDisk(disk())
                .setBuild(Build.newBuilder().setGitVersion(fixed.version()))
                .setSchedulerClusterId(fixed.clusterId())
                .setDisableShared(fixed.disableShared())
                .setProxyPort(ports.proxy())
                .setName(name())
                .build();
    }

    /** The distribution's version; empty where the distribution has none. */
    private static String platformVersion() {
        return lines("/etc/os-release").stream()
                .filter(entry -> entry.startsWith("VERSION_ID="))
                .map(entry -> entry.substring("VERSION_ID=".length()).replace("\"", ""))
                .findFirst()
                .orElse("");
    }

    private String name() {
        String pod = fixed.env().getOrDefault("POD_NAME", "");
        String namespace = fixed.env().getOrDefault("POD_NAMESPACE", "");
        return pod.isEmpty() || namespace.isEmpty() ? fixed.hostname() : namespace + "-" + pod;
    }

    private static long rate(long bytes, double seconds) {
        return (long) (Math.max(0, bytes) * 8 / seconds);
    }

    /** Bits per second: what the interface says it can, at most what uploads may take. */
    private long maxBandwidth() {
        long limit =
                fixed.bandwidth() > Long.MAX_VALUE / 8 ? Long.MAX_VALUE : fixed.bandwidth() * 8;
        try {
            long megabits = Long.parseLong(line("/sys/class/net/" + nic + "/speed"));
            return megabits > 0 ? Math.min(limit, megabits * 1_000_000) : limit;
        } catch (NumberFormatException e) {
            return limit; // virtual interfaces have no speed
        }
    }

    private static Memory memory() {
        Map<String, Long> kib = new HashMap<>();
        for (String entry : lines("/proc/meminfo")) {
            String[] words = entry.split("\\s+", -1);
            if (words.length >= 2) {
                kib.put(words[0], number(words[1]));
            }
        }
        long total = kib.getOrDefault("MemTotal:", 0L) << 10;
        long available = kib.getOrDefault("MemAvailable:", 0L) << 10;
        return Memory.newBuilder()
                .setTotal(total)
                .setAvailable(available)
                .setUsed(total - available)
                .setUsedPercent(total == 0 ? 0 : 100.0 * (total - available) / total)
                .setFree(kib.getOrDefault("MemFree:", 0L) << 10)
                .build();
    }

    private Disk disk() {
        try {
            FileStore disk = Files.getFileStore(fixed.storage());
            long total = disk.getTotalSpace();
            long free = disk.getUsableSpace();
            return Disk.newBuilder()
                    .setTotal(total)
                    .setFree(free)
                    .setUsed(total - free)
                    .setUsedPercent(total == 0 ? 0 : 100.0 * (total - free) / total)
                    .build();
        } catch (IOException e) {
            return Disk.getDefaultInstance();
        }
    }

    /** Busy and all processor ticks, received and sent bytes. */
    private long[] sample() {
        long[] values = new long[4];
        for (String entry : lines("/proc/stat")) {
            if (entry.startsWith("cpu ")) {
                String[] words = entry.strip().split("\\s+", -1);
                for (int i = 1; i < words.length; i++) {
                    long ticks = number(words[i]);
                    values[1] += ticks;
                    values[0] += i == 4 || i == 5 ? 0 : ticks;
                }
            }
        }
        for (String entry : lines("/proc/net/dev")) {
            int colon = entry.indexOf(':');
            if (colon > 0 && entry.substring(0, colon).strip().equals(nic)) {
                String[] words = entry.substring(colon + 1).strip().split("\\s+", -1);
                values[2] = words.length > 0 ? number(words[0]) : 0;
                values[3] = words.length > 8 ? number(words[8]) : 0;
            }
        }
        return values;
    }

    private static String interfaceOf(String ip) {
        try {
            NetworkInterface found = NetworkInterface.getByInetAddress(InetAddress.getByName(ip));
            return found == null ? "lo" : found.getName();
        } catch (IOException e) {
            return "lo";
        }
    }

    private static String line(String file) {
        List<String> all = lines(file);
        return all.isEmpty() ? "" : all.getFirst().strip();
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return List.of();
        }
    }

    private static long number(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
