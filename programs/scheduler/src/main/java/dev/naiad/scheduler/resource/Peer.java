package dev.naiad.scheduler.resource;

import dev.naiad.dragonfly.api.common.Download;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * One host's part in one task. Belongs to its {@link Swarm} and is guarded like it; only the swarm
 * changes it.
 */
public final class Peer {
    /** What a client fetches at once when it does not say. */
    static final int DEFAULT_CONCURRENT_PIECES = 8;

    private final String id;
    private final Host host;
    private final Download download;

    /** The IP address from which the peer registered, empty when it is unknown. */
    final String source;

    private final Instant createdAt;
    private final BitSet pieces = new BitSet();
    private final CostWindow costs = new CostWindow();
    private final Set<String> blocked = new HashSet<>();
    final Map<Peer, Host.Load> parents = new LinkedHashMap<>();
    final Set<Peer> children = new LinkedHashSet<>();

    PeerState state = PeerState.PENDING;
    boolean needBackToSource;
    Duration cost = Duration.ZERO;
    Instant updatedAt;
    Instant pieceAt;

    /** The peer's place in the swarm's list, kept by the swarm. */
    int index;

    /** The peer's place among the suppliers, -1 without one; kept by {@link Suppliers}. */
    int supplierIndex = -1;

    /** Whether children may be sent here now, as the swarm saw it last. */
    boolean usable;

    /** Whether it exchanges pieces with others of its kind. */
    boolean exchanges;

    /** Whether it was told of such others. */
    boolean meshed;

    Peer(String id, Host host, Download download, String source, Instant now) {
        this.id = id;
        this.host = host;
        this.download = download;
        this.source = source;
        this.createdAt = now;
        this.updatedAt = now;
        this.pieceAt = now;
        blocked.add(id); // a peer is never its own parent
    }

    /** {@code <host id>-<uuid>}. */
    public String id() {
        return id;
    }

    /** The daemon. */
    public Host host() {
        return host;
    }

    /** What the peer asked for when it registered. */
    public Download download() {
        return download;
    }

    /** Where it stands. */
    public PeerState state() {
        return state;
    }

    /** True when it shall use the origin whatever others hold. */
    public boolean needBackToSource() {
        return needBackToSource;
    }

    /** True when it wants a part of the content only. */
    public boolean isRanged() {
        return download.hasRange();
    }

    /** How many pieces it fetches at once. */
    public int concurrentPieces() {
        int said = download.getConcurrentPieceCount();
        return said > 0 ? said : DEFAULT_CONCURRENT_PIECES;
    }

    /** True when it exchanges pieces with others of its kind, told of them at any time. */
    public boolean exchanges() {
        return exchanges;
    }

    /** True when it was told of others of its kind in answer to a question. */
    public boolean meshed() {
        return meshed;
    }

    /** True for an id that this peer does not want as a parent any more. */
    public boolean blocks(String peerId) {
        return blocked.contains(peerId);
    }

    void block(String peerId) {
        blocked.add(peerId);
    }

    /** Marks a piece as held. */
    void addPiece(int number, long costNanos) {
        pieces.set(number);
        costs.add(costNanos);
    }

    /** How many pieces it reported. */
    public int pieceCount() {
        return pieces.cardinality();
    }

    /** How long its pieces took. */
    public CostWindow costs() {
        return costs;
    }

    /** Whom it fetches from. */
    public Set<Peer> parents() {
        return Collections.unmodifiableSet(parents.keySet());
    }

    /** Who fetches from it. */
    public Set<Peer> children() {
        return Collections.unmodifiableSet(children);
    }

    /** Registration to end; zero before the end. */
    public Duration cost() {
        return cost;
    }

    /** When it registered. */
    public Instant createdAt() {
        return createdAt;
    }

    /** When something last happened to it. */
    public Instant updatedAt() {
        return updatedAt;
    }

    /** When its last piece came in. */
    public Instant pieceAt() {
        return pieceAt;
    }

    @Override
    public String toString() {
        return id + "(" + state.text() + ")";
    }
}
