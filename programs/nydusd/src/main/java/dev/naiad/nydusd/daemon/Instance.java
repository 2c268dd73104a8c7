package dev.naiad.nydusd.daemon;

import dev.naiad.backend.Backend;
import dev.naiad.nydusd.rafsfs.RafsImage;
import dev.naiad.nydusd.vfs.FsStats;
import java.time.Instant;
import java.util.Map;

/**
 * A mounted image and what is known about it.
 *
 * @param image owned by its filesystem: usable while it is mounted
 * @param settings made at run time; a concurrent map
 */
record Instance(
        RafsMountSpec spec,
        Instant mountedAt,
        RafsImage image,
        Backend backend,
        FsStats stats,
        Map<String, String> settings) {}
