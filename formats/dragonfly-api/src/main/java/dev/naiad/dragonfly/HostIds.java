package dev.naiad.dragonfly;

import java.util.UUID;

/** Names of hosts and peers as every scheduler expects them. */
public final class HostIds {
    private static final String SEED_SUFFIX = "-seed";

    private HostIds() {}

    /** {@code ip-hostname}, with {@code -seed} behind it for a seed peer. */
    public static String host(String ip, String hostname, boolean seed) {
        return ip + "-" + hostname + (seed ? SEED_SUFFIX : "");
    }

    /** The id of one download by one host: the host's id with a UUID between name and suffix. */
    public static String peer(String ip, String hostname, UUID uuid, boolean seed) {
        return ip + "-" + hostname + "-" + uuid + (seed ? SEED_SUFFIX : "");
    }

    /** Whether this host or peer id belongs to a seed peer. */
    public static boolean isSeed(String id) {
        return id.endsWith(SEED_SUFFIX);
    }
}
