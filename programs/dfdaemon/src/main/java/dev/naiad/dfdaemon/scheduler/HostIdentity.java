package dev.naiad.dfdaemon.scheduler;

import dev.naiad.dragonfly.HostIds;
import java.util.UUID;

/** Who this host is in the swarm. */
public record HostIdentity(String ip, String hostname, boolean seed) {
    public String hostId() {
        return HostIds.host(ip, hostname, seed);
    }

    /** A new id for one download. */
    public String newPeerId() {
        return HostIds.peer(ip, hostname, UUID.randomUUID(), seed);
    }
}
