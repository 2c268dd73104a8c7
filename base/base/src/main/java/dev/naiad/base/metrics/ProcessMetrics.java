package dev.naiad.base.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the kernel counts for this process, under the names that every Prometheus client uses:
 * {@code process_cpu_seconds_total}, {@code process_open_fds} and so on. The values are read anew
 * before each print of the registry. A value that cannot be read keeps what it had, 0 at first.
 */
public final class ProcessMetrics {
    /** Shown where there is no limit, as other clients do: the largest number of 64 bits. */
    private static final double UNLIMITED = 0x1p64;

    private final Path proc;
    private final Counter cpu;
    private final Gauge openFds;
    private final Gauge maxFds;
    private final Gauge virtualMemory;
    private final Gauge residentMemory;
    private final Gauge startTime;
    private final Gauge threads;

    @GuardedBy("this") private double cpuSeconds;

    private ProcessMetrics(MetricRegistry registry, Path proc) {
        this.proc = proc;
        this.cpu =
                registry.counter(
                        "process_cpu_seconds_total",
                        "CPU time of the process, user and system, in seconds.");
        this.openFds = registry.gauge("process_open_fds", "Descriptors that are open.");
        this.maxFds = registry.gauge("process_max_fds", "Descriptors that may be open.");
        this.virtualMemory =
                registry.gauge("process_virtual_memory_bytes", "Bytes of address space.");
        this.residentMemory = registry.gauge("process_resident_memory_bytes", "Bytes in memory.");
        this.startTime =
                registry.gauge(
                        "process_start_time_seconds",
                        "When the process started, in seconds since 1970.");
        this.threads = registry.gauge("process_threads", "Threads of the kernel in the process.");
    }

    /** Adds the metrics of this process to {@code registry}. */
    public static void register(MetricRegistry registry) {
        register(registry, Path.of("/proc/self"));
    }

    static void register(MetricRegistry registry, Path proc) {
        registry.onCollect(new ProcessMetrics(registry, proc)::collect);
    }

    private void collect() {
        var process = ProcessHandle.current().info();
        process.totalCpuDuration().ifPresent(total -> cpuTime(total.toNanos() / 1e9));
        process.startInstant().ifPresent(start -> startTime.set(start.toEpochMilli() / 1e3));
        status("VmSize:").ifPresent(kib -> virtualMemory.set(kib * 1024));
        status("VmRSS:").ifPresent(kib -> residentMemory.set(kib * 1024));
        status("Threads:").ifPresent(threads::set);
        field("limits", "Max open files")
                .ifPresent(soft -> maxFds.set(soft.equals("unlimited") ? UNLIMITED : number(soft)));
        countOpenFds();
    }

    /** Two prints at the same time must not count the same second twice. */
    private synchronized void cpuTime(double seconds) {
        if (seconds > cpuSeconds) {
            cpu.inc(seconds - cpuSeconds);
            cpuSeconds = seconds;
        }
    }

    private void countOpenFds() {
        try (DirectoryStream<Path> fds = Files.newDirectoryStream(proc.resolve("fd"))) {
            int count = 0;
            for (Path _ : fds) {
                count++;
            }
            openFds.set(count);
        } catch (IOException | DirectoryIteratorException e) {
            // The value stays as it was.
        }
    }

    private Optional<Double> status(String name) {
        return field("status", name).map(ProcessMetrics::number);
    }

    /** The first word after {@code name} in a file of proc(5). */
    private Optional<String> field(String file, String name) {
        try {
            return Files.readAllLines(proc.resolve(file), StandardCharsets.ISO_8859_1).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(name.length()).strip().split("\\s+", 2)[0])
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static double number(String word) {
        try {
            return Double.parseDouble(word);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
