package dev.naiad.dfdaemon.task;

import dev.naiad.dfdaemon.storage.Sha256;
import dev.naiad.dragonfly.HostIds;
import dev.naiad.dragonfly.api.common.Peer;
import dev.naiad.swarm.peer.Neighbour;
import dev.naiad.swarm.peer.PieceChoice;
import java.net.InetSocketAddress;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A peer that may give us pieces of one task, as the {@link PieceBoard} sees it. Guarded by the
 * lock of the active task, but for what transfers read and set: address, digests, progress.
 */
final class Parent {
    private final Peer peer;
    private final PieceChoice choice;
    private final Neighbour neighbour;
    private final BitSet refused = new BitSet();
    private final BitSet asked = new BitSet();
    private final BitSet askedNow = new BitSet();
    private volatile long lastProgress;
    private volatile @Nullable InetSocketAddress pieces;
    private int openStreams;
    private boolean naiad;
    private boolean unwilling;
    private boolean whole;
    private final Map<Integer, Sha256> digests = new ConcurrentHashMap<>();

    /**
     * One more of the neighbours among which {@code choice} chooses.
     *
     * @param slots transfers that it may have running for us, unless it says otherwise
     */
    Parent(Peer peer, PieceChoice choice, int slots, long nowNanos) {
        this.peer = peer;
        this.choice = choice;
        this.neighbour = new Neighbour(peer.getId(), HostIds.isSeed(peer.getHost().getId()), slots);
        this.lastProgress = nowNanos;
        choice.add(neighbour);
    }

    Neighbour neighbour() {
        return neighbour;
    }

    String peerId() {
        return peer.getId();
    }

    String hostId() {
        return peer.getHost().getId();
    }

    /** As the scheduler named it, for it wants its own words back. */
    Peer peer() {
        return peer;
    }

    /** When anything last came from this parent: bytes of any piece or word of one. */
    long lastProgress() {
        return lastProgress;
    }

    void progress(long nowNanos) {
        lastProgress = nowNanos;
    }

    /** Where it serves pieces; known from its first word of a piece. */
    @Nullable InetSocketAddress pieceAddress() {
        return pieces;
    }

    void announced(int piece, InetSocketAddress address, Optional<Sha256> digest) {
        pieces = address;
        digest.ifPresent(value -> digests.put(piece, value));
        choice.has(neighbour, piece);
        asked.clear(piece);
        refused.clear(piece);
    }

    boolean offers(int piece) {
        return neighbour.isUsable() && pieces != null && neighbour.has(piece);
    }

    /** The piece did not come from this parent as it should have; it is not asked for it again. */
    void failed(int piece) {
        choice.lacks(neighbour, piece);
        refused.set(piece);
    }

    /** Asked to fetch the piece for us; no answer yet. */
    void ask(int piece, boolean now) {
        asked.set(piece);
        askedNow.set(piece, now);
    }

    /** Asked before, but without hurry. */
    boolean isAskedWithoutHurry(int piece) {
        return asked.get(piece) && !askedNow.get(piece);
    }

    /** It neither has the piece nor will fetch it. */
    void refuse(int piece) {
        asked.clear(piece);
        refused.set(piece);
    }

    boolean isAsked(int piece) {
        return asked.get(piece);
    }

    boolean hasRefused(int piece) {
        return refused.get(piece);
    }

    /** It fetches nothing for others. */
    void refuseAll() {
        unwilling = true;
        refused.or(asked);
        asked.clear();
    }

    /** After some time a parent may have what it had not, and do what it would not. */
    void forgetRefusals() {
        refused.clear();
        unwilling = false;
    }

    /** It greeted us as one of ours. */
    void greeted() {
        naiad = true;
    }

    /** It said that it fetches the whole content anyway. */
    void fetchesAll() {
        whole = true;
    }

    /** Whether it need not be asked to fetch, unless a reader waits. */
    boolean isFetchingAll() {
        return whole && isListening();
    }

    /** Whether it may fetch what it does not have when we ask. */
    boolean isWilling() {
        return naiad && !unwilling && neighbour.isUsable();
    }

    /** The digest it gave for a piece. */
    Optional<Sha256> digest(int piece) {
        return Optional.ofNullable(digests.get(piece));
    }

    void streamOpened() {
        openStreams++;
    }

    void streamEnded() {
        openStreams--;
    }

    /** Whether it may yet tell us of more pieces. */
    boolean isListening() {
        return neighbour.isUsable() && openStreams > 0;
    }

    int outstanding() {
        return neighbour.outstanding();
    }

    void began() {
        choice.began(neighbour);
    }

    void ended() {
        choice.ended(neighbour);
    }

    boolean isDropped() {
        return !neighbour.isUsable();
    }

    void drop() {
        choice.drop(neighbour);
    }

    @Override
    public String toString() {
        return peerId();
    }
}
