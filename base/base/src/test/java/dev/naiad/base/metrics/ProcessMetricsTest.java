package dev.naiad.base.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProcessMetricsTest {
    @TempDir Path proc;
    private final MetricRegistry registry = new MetricRegistry();

    private double value(String name) {
        return registry.text()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
                .findFirst()
                .orElseThrow();
    }

    /** Directories of a process as proc(5) describes them. */
    private void lay(String maxOpenFiles) throws IOException {
        Files.writeString(
                proc.resolve("status"),
                "Name:\tjava\nVmPeak:\t  900 kB\nVmSize:\t  800 kB\nVmRSS:\t   300 kB\nThreads:\t17\n");
        Files.writeString(
                proc.resolve("limits"),
                "Limit                     Soft Limit           Hard Limit           Units\n"
                        + "Max open files            "
                        + maxOpenFiles
                        + "                 524288               files\n");
        Path fds = Files.createDirectory(proc.resolve("fd"));
        for (String fd : new String[] {"0", "1", "2", "7"}) {
            Files.createFile(fds.resolve(fd));
        }
    }

    @Test
    void memoryThreadsAndDescriptorsAreThoseOfProc() throws Exception {
        lay("1024");
        ProcessMetrics.register(registry, proc);
        assertThat(registry.text())
                .contains("# TYPE process_virtual_memory_bytes gauge\n")
                .contains("\nprocess_virtual_memory_bytes 819200\n")
                .contains("\nprocess_resident_memory_bytes 307200\n")
                .contains("\nprocess_threads 17\n")
                .contains("\nprocess_open_fds 4\n")
                .contains("\nprocess_max_fds 1024\n");
    }

    @Test
    void noLimitOfDescriptorsIsTheLargestNumber() throws Exception {
        lay("unlimited");
        ProcessMetrics.register(registry, proc);
        assertThat(value("process_max_fds")).isEqualTo(0x1p64);
    }

    @Test
    void aProcessWithoutProcStillHasEveryName() {
        ProcessMetrics.register(registry, proc.resolve("gone"));
        assertThat(registry.text())
                .contains("\nprocess_open_fds 0\n")
                .contains("\nprocess_max_fds 0\n")
                .contains("\nprocess_resident_memory_bytes 0\n");
    }

    @Test
    void thisProcessStartedBeforeNowAndItsCpuTimeOnlyGrows() {
        ProcessMetrics.register(registry);
        assertThat(registry.text()).contains("# TYPE process_cpu_seconds_total counter\n");
        double before = value("process_cpu_seconds_total");
        double all = 0;
        for (double now = before; now <= before; now = value("process_cpu_seconds_total")) {
            all += Math.sin(all); // until the kernel has counted a tick
        }
        assertThat(before).isPositive();
        assertThat(value("process_start_time_seconds"))
                .isBetween(1.6e9, (double) Instant.now().getEpochSecond() + 1);
        assertThat(value("process_open_fds")).isBetween(3.0, value("process_max_fds"));
        assertThat(value("process_resident_memory_bytes")).isGreaterThan(10 << 20);
        assertThat(value("process_threads")).isGreaterThan(1);
    }
}
