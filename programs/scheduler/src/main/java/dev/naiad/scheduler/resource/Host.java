package dev.naiad.scheduler.resource;

import dev.naiad.dragonfly.api.common.Network;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One daemon. Safe for threads: the announcement is replaced as a whole, the counters are atomic,
 * because peers of many tasks (each under its own lock) load the same host.
 */
public final class Host {
    /** {@code Host.type} of a daemon that is asked to fetch from the origin for others. */
    public static final int SEED = 1;

    private final String id;
    private final Instant createdAt;
    private final Set<PeerRef> peers = ConcurrentHashMap.newKeySet();
    private final AtomicLong uploads = new AtomicLong();
    private final AtomicLong uploadPieces = new AtomicLong();
    private final AtomicLong uploadBytes = new AtomicLong();
    private final AtomicLong uploadBitsPerSecond = new AtomicLong();
    private final AtomicLong failedUploads = new AtomicLong();
    private volatile Announcement announcement;
    private volatile Instant updatedAt;

    /** A peer by its task and id: what is needed to find it again. */
    public record PeerRef(String taskId, String peerId) {}

    /**
     * What a daemon said about itself and how often it will. A zero interval means: never
     * collected.
     *
     * @param source the IP address from which it was said, empty when it is unknown
     */
    public record Announcement(
            dev.naiad.dragonfly.api.common.Host host, Duration interval, String source) {
        /** One from an unknown address. */
        public Announcement(dev.naiad.dragonfly.api.common.Host host, Duration interval) {
            this(host, interval, "");
        }
    }

    /**
     * What an edge from this host's peer to a child is assumed to cost. Kept with the edge, so that
     * the discharge equals the charge.
     */
    public record Load(long bitsPerSecond, long pieces, long bytes) {}

    /** A host as first announced. */
    public Host(Announcement announcement, Instant now) {
        this.id = announcement.host().getId();
        this.announcement = announcement;
        this.createdAt = now;
        this.updatedAt = now;
    }

    /** {@code <ip>-<hostname>[-seed]}. */
    public String id() {
        return id;
    }

    /** What the daemon last said. */
    public Announcement announcement() {
        return announcement;
    }

    /** The message of the last announcement. */
    public dev.naiad.dragonfly.api.common.Host facts() {
        return announcement.host();
    }

    /** Replaces what is known; statistics that the new announcement lacks are kept. */
    public void announce(Announcement next, Instant now) {
        var known = announcement.host();
        var merged = next.host().toBuilder();
        if (!merged.hasCpu() && known.hasCpu()) {
            merged.setCpu(known.getCpu());
        }
        if (!merged.hasMemory() && known.hasMemory()) {
            merged.setMemory(known.getMemory());
        }
        if (!merged.hasNetwork() && known.hasNetwork()) {
            merged.setNetwork(known.getNetwork());
        }
        if (!merged.hasDisk() && known.hasDisk()) {
            merged.setDisk(known.getDisk());
        }
        if (!merged.hasBuild() && known.hasBuild()) {
            merged.setBuild(known.getBuild());
        }
        announcement = new Announcement(merged.build(), next.interval(), announcement.source());
        updatedAt = now;
    }

    /**
     * True when an announcement that comes from elsewhere would change where the host is found or
     * what it is. A host id is known to everyone in the swarm; this keeps others from redirecting
     * its children and the requests to a seed.
     */
    boolean isForeign(Announcement next) {
        var known = announcement.host();
        var host = next.host();
        boolean moves =
                !known.getIp().equals(host.getIp())
                        || known.getPort() != host.getPort()
                        || known.getDownloadPort() != host.getDownloadPort()
                        || known.getType() != host.getType()
                        || known.getDisableShared() != host.getDisableShared();
        return moves
                && !announcement.source().isEmpty()
                && !announcement.source().equals(next.source());
    }

    /** A sign of life that is not an announcement: a piece was uploaded. */
    public void touch(Instant now) {
        updatedAt = now;
    }

    /** True for a daemon that fetches from the origin on demand. */
    public boolean isSeed() {
        return facts().getType() == SEED;
    }

    /** True when nobody may fetch from this host. */
    public boolean isUnshared() {
        return facts().getDisableShared();
    }

    /** What the host can send, bit/s; 0 when it did not say. */
    public long maxTxBitsPerSecond() {
        return network().getMaxTxBandwidth();
    }

    /** The data centre, empty when unknown. */
    public String idc() {
        return network().getIdc();
    }

    /** The location, elements joined with a pipe; empty when unknown. */
    public String location() {
        return network().getLocation();
    }

    private Network network() {
        return facts().getNetwork();
    }

    /** Adds the load of one edge. */
    void charge(Load load) {
        uploads.incrementAndGet();
        uploadPieces.addAndGet(load.pieces());
        uploadBytes.addAndGet(load.bytes());
        uploadBitsPerSecond.addAndGet(load.bitsPerSecond());
    }

    /** Takes the load of one edge off again. */
    void discharge(Load load) {
        uploads.decrementAndGet();
        uploadPieces.addAndGet(-load.pieces());
        uploadBytes.addAndGet(-load.bytes());
        uploadBitsPerSecond.addAndGet(-load.bitsPerSecond());
    }

    /** Counts a piece that a child could not get from here. */
    void uploadFailed() {
        failedUploads.incrementAndGet();
    }

    /** Edges out of this host's peers. */
    public long uploads() {
        return uploads.get();
    }

    /** Pieces that children may be fetching at once. */
    public long uploadPieces() {
        return uploadPieces.get();
    }

    /** Content that children are fetching, in bytes. */
    public long uploadBytes() {
        return uploadBytes.get();
    }

    /** The estimate of what children take, bit/s. */
    public long uploadBitsPerSecond() {
        return uploadBitsPerSecond.get();
    }

    /** Pieces that children could not get from here. */
    public long failedUploads() {
        return failedUploads.get();
    }

    /** This host's peers, a live view. */
    public Set<PeerRef> peers() {
        return peers;
    }

    /** When the host was first announced. */
    public Instant createdAt() {
        return createdAt;
    }

    /** The last announcement or upload. */
    public Instant updatedAt() {
        return updatedAt;
    }

    @Override
    public String toString() {
        return id;
    }
}
