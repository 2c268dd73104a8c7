package dev.naiad.nydusd.daemon;

import dev.naiad.nydusd.config.NydusdConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What to mount where.
 *
 * @param mountpoint inside the FUSE mount
 * @param prefetchFiles absolute paths inside the image that replace its own list
 */
public record RafsMountSpec(
        String mountpoint,
        Path bootstrap,
        NydusdConfig config,
        Optional<List<String>> prefetchFiles) {
    public RafsMountSpec {
        // A successor may run in another directory.
        bootstrap = bootstrap.toAbsolutePath();
        prefetchFiles = prefetchFiles.map(List::copyOf);
    }
}
