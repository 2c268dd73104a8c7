package dev.naiad.blobcache.chunkmap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** What the kernel calls this run of the machine. What the page cache holds does not outlive it. */
public record BootId(UUID id) {
    private static final Path KERNEL = Path.of("/proc/sys/kernel/random/boot_id");

    /**
     * The machine's. Where the kernel does not say, one that nothing else has: what other processes
     * wrote is then not trusted.
     */
    public static BootId current() {
        try {
            return new BootId(UUID.fromString(Files.readString(KERNEL).strip()));
        } catch (IOException | IllegalArgumentException e) {
            return new BootId(UUID.randomUUID());
        }
    }
}
