package dev.naiad.dfdaemon.scheduler;

import dev.naiad.dragonfly.api.common.Host;

/** Describes this host as it is now, for announcements. */
@FunctionalInterface
public interface HostReport {
    Host now();
}
