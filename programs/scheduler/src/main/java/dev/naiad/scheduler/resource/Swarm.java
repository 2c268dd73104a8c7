package dev.naiad.scheduler.resource;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Piece;
import dev.naiad.swarm.members.Mesh;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * One task with its peers and the graph of who feeds whom. A plain state machine: not safe for
 * threads, used only inside {@link Swarms.Entry#call}.
 *
 * <p>Edges run from parent to child, never in a circle, and carry the load that was charged to the
 * parent's host.
 *
 * <p>A <em>source</em> is a peer that fetches from the origin, counted from the moment it was told
 * to until it ends; so a limit of n means n.
 */
public final class Swarm {
    private final String id;
    private final int backToSourceLimit;
    private final Instant createdAt;
    private final Map<String, Peer> byId = new HashMap<>();
    private final List<Peer> order = new ArrayList<>();
    private final Set<Peer> sources = new LinkedHashSet<>();
    private final TaskContent content = new TaskContent();
    private final SeedAttempt seed = new SeedAttempt();
    private final Suppliers suppliers = new Suppliers();
    private final Mesh<Peer> mesh = new Mesh<>();
    private Download download = Download.getDefaultInstance();
    private TaskState state = TaskState.PENDING;
    private Instant updatedAt;
    private int serving;
    private News news = News.NONE;

    /** An empty swarm for a task. */
    public Swarm(String id, int backToSourceLimit, Instant now) {
        this.id = id;
        this.backToSourceLimit = backToSourceLimit;
        this.createdAt = now;
        this.updatedAt = now;
    }

    // --- peers ---

    /** The peer with this id. */
    public Optional<Peer> find(String peerId) {
        return Optional.ofNullable(byId.get(peerId));
    }

    /** The peer with this id; NOT_FOUND otherwise. */
    public Peer get(String peerId) {
        return find(peerId)
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.NOT_FOUND, "peer " + peerId + " not found"));
    }

    /** Adds a peer. One that registers again under the same id starts over. */
    public Peer join(String peerId, Host host, Download wanted, Instant now) {
        return join(peerId, host, wanted, "", now);
    }

    /**
     * Adds a peer that registered from an IP address. A peer that is still running is not replaced
     * from another one.
     *
     * @throws NaiadException PERMISSION_DENIED
     */
    public Peer join(String peerId, Host host, Download wanted, String source, Instant now) {
        find(peerId)
                .filter(running -> !running.state.isOver() && !running.source.equals(source))
                .ifPresent(
                        running -> {
                            throw new NaiadException(
                                    ErrorKind.PERMISSION_DENIED,
                                    "peer " + peerId + " registered from another address");
                        });
        find(peerId).ifPresent(this::remove);
        content.learn(wanted);
        download = wanted;
        var peer = new Peer(peerId, host, wanted, source, now);
        peer.needBackToSource = wanted.getNeedBackToSource();
        peer.index = order.size();
        order.add(peer);
        byId.put(peerId, peer);
        host.peers().add(new Host.PeerRef(id, peerId));
        updatedAt = now;
        return peer;
    }

    /** Takes a peer and its edges out. */
    public void remove(Peer peer) {
        if (byId.remove(peer.id()) == null) {
            return;
        }
        Edges.disconnect(peer);
        for (Peer child : List.copyOf(peer.children)) {
            Edges.unlink(peer, child);
            review(child);
        }
        freeSource(peer);
        serving -= peer.state.mayServe() ? 1 : 0;
        review(peer);
        mesh.remove(peer);
        var moved = order.removeLast();
        if (moved != peer) {
            order.set(peer.index, moved);
            moved.index = peer.index;
        }
        peer.host().peers().remove(new Host.PeerRef(id, peer.id()));
    }

    /**
     * Moves a peer on. An event that its state does not allow is INTERNAL, as the original answers.
     */
    public void fire(Peer peer, PeerState.Event event, Instant now) {
        var next =
                peer.state
                        .after(event)
                        .orElseThrow(
                                () ->
                                        new NaiadException(
                                                ErrorKind.INTERNAL,
                                                "event "
                                                        + event
                                                        + " inappropriate in current state "
                                                        + peer.state.text()
                                                        + " of peer "
                                                        + peer.id()));
        serving += (next.mayServe() ? 1 : 0) - (peer.state.mayServe() ? 1 : 0);
        peer.state = next;
        peer.updatedAt = now;
        updatedAt = now;
        switch (event) {
            case REGISTER_EMPTY, REGISTER_NORMAL, DOWNLOAD -> {}
            case DOWNLOAD_BACK_TO_SOURCE -> {
                sources.add(peer);
                Edges.disconnect(peer);
            }
            case DOWNLOAD_SUCCEEDED -> {
                peer.cost = Duration.between(peer.createdAt(), now);
                freeSource(peer);
                Edges.disconnect(peer);
            }
            case DOWNLOAD_FAILED, LEAVE -> {
                freeSource(peer);
                Edges.disconnect(peer);
                if (peer.host().isSeed() && event == PeerState.Event.DOWNLOAD_FAILED) {
                    seed.failed(now);
                }
            }
        }
        review(peer);
    }

    /**
     * Follows a change to a peer's state, parents or place at the origin: whether others can use
     * it, and whether those who wait should know.
     */
    private void review(Peer peer) {
        boolean supplies =
                byId.get(peer.id()) == peer
                        && (peer.state.mayServe() || sources.contains(peer))
                        && hasData(peer);
        suppliers.set(peer, supplies);
        boolean usable = supplies && peer.state.mayServe();
        if (usable && !peer.usable) {
            news = News.FOR_ALL;
        }
        peer.usable = usable;
        if (peer.exchanges && byId.get(peer.id()) == peer) {
            place(peer);
        }
    }

    private void place(Peer peer) {
        switch (peer.state) {
            case RECEIVED_NORMAL, RUNNING, BACK_TO_SOURCE ->
                    mesh.put(peer, peer.host().isSeed() ? Mesh.Kind.SEED : Mesh.Kind.ACTIVE);
            case SUCCEEDED ->
                    mesh.put(
                            peer,
                            peer.host().isSeed()
                                    ? Mesh.Kind.SEED
                                    : peer.isRanged() ? Mesh.Kind.ACTIVE : Mesh.Kind.COMPLETE);
            case PENDING, RECEIVED_EMPTY, FAILED, LEAVE -> mesh.remove(peer);
        }
    }

    private void freeSource(Peer peer) {
        if (sources.remove(peer)) {
            tellOne();
        }
    }

    private void tellOne() {
        if (news == News.NONE) {
            news = News.FOR_ONE;
        }
    }

    /** Whom the changes since the last call concern. */
    News takeNews() {
        var taken = news;
        news = News.NONE;
        return taken;
    }

    /** From now on the peer shall use the origin whatever others hold. */
    public void forceBackToSource(Peer peer) {
        peer.needBackToSource = true;
    }

    /** The peer does not want this parent again. */
    public void block(Peer peer, String parentId) {
        find(parentId)
                .ifPresent(
                        parent -> {
                            peer.block(parentId);
                            Edges.unlink(parent, peer);
                            mesh.part(peer, parent);
                            review(peer);
                        });
    }

    /** A piece could not be had from a parent. */
    public void pieceFailed(Peer peer, String parentId, Instant now) {
        block(peer, parentId);
        find(parentId).ifPresent(parent -> parent.host().uploadFailed());
        peer.updatedAt = now;
        updatedAt = now;
    }

    /**
     * A piece came in, from a parent or, without one, from the origin. A number outside the task is
     * refused.
     */
    public void pieceFinished(Peer peer, Piece piece, Instant now) {
        int number = piece.getNumber();
        content.checkNumber(number, id);
        var cost = piece.getCost();
        peer.addPiece(number, cost.getSeconds() * 1_000_000_000L + cost.getNanos());
        peer.updatedAt = now;
        peer.pieceAt = now;
        updatedAt = now;
        if (piece.hasParentId() && !piece.getParentId().isEmpty()) {
            find(piece.getParentId())
                    .ifPresent(
                            parent -> {
                                parent.updatedAt = now;
                                parent.host().touch(now);
                            });
        } else {
            content.add(piece);
        }
    }

    // --- the origin ---

    /** True when one more peer may fetch from the origin, or this one already may. */
    public boolean mayGoBackToSource(Peer peer) {
        return sources.contains(peer) || sources.size() < backToSourceLimit;
    }

    /** Takes a place among those who fetch from the origin; released when the peer ends. */
    public void reserveSource(Peer peer) {
        sources.add(peer);
        Edges.disconnect(peer);
        review(peer);
    }

    /** Peers told to fetch from the origin that have not ended. */
    public Set<Peer> sources() {
        return Collections.unmodifiableSet(sources);
    }

    /** True when somebody on another host has, or is getting, what this peer wants. */
    public boolean hasProvider(Peer peer) {
        if (seed.since().isPresent()) {
            return true;
        }
        for (Peer other : suppliers.all()) {
            if (other != peer
                    && !other.host().id().equals(peer.host().id())
                    && !other.host().isUnshared()
                    && !peer.blocks(other.id())) {
                return true;
            }
        }
        return false;
    }

    /** True when a peer other than this one holds the content or is getting it. */
    public boolean othersServe(Peer peer) {
        return serving > (byId.get(peer.id()) == peer && peer.state.mayServe() ? 1 : 0);
    }

    /** True when bytes reach this peer from somewhere, or have reached it. */
    public boolean hasData(Peer peer) {
        return peer.state == PeerState.SUCCEEDED
                || peer.state == PeerState.BACK_TO_SOURCE
                || peer.host().isSeed()
                || sources.contains(peer)
                || peer.meshed
                || !peer.parents.isEmpty();
    }

    /** A seed is being asked; false when one already is. */
    public boolean beginTrigger(Instant now) {
        return seed.begin(now);
    }

    /** The call to the seed ended. */
    public void endTrigger(boolean succeeded, Instant now) {
        seed.end();
        if (!succeeded) {
            seed.failed(now);
        }
        updatedAt = now;
        tellOne();
    }

    /** Since when a seed is being asked. */
    public Optional<Instant> triggeredAt() {
        return seed.since();
    }

    /** True when a seed failed at this task a short while ago. */
    public boolean seedFailedRecently(Instant now) {
        return seed.failedRecently(now);
    }

    // --- peers that exchange ---

    /** From now on the peer exchanges pieces with others of its kind. */
    public void enterMesh(Peer peer) {
        peer.exchanges = true;
        review(peer);
    }

    /**
     * Makes the peer and others of its kind neighbours.
     *
     * @param fits whether the peer may take from another one
     * @return the new ones
     */
    public List<Peer> introduce(Peer peer, Predicate<Peer> fits, RandomGenerator random) {
        var introduced = mesh.introduce(peer, fits, random);
        peer.meshed = !mesh.neighbours(peer).isEmpty();
        review(peer);
        return introduced;
    }

    /** Others of its kind that the peer and they were told of. */
    public List<Peer> neighbours(Peer peer) {
        return mesh.neighbours(peer);
    }

    // --- the graph ---

    /**
     * Feeds the child from these parents; returns those that were added (no circle, not twice,
     * still there).
     */
    public List<Peer> connect(List<Peer> parents, Peer child) {
        var below = Edges.descendants(child);
        var added = new ArrayList<Peer>();
        for (Peer parent : parents) {
            if (parent == child
                    || byId.get(parent.id()) != parent
                    || below.contains(parent)
                    || child.parents.containsKey(parent)) {
                continue;
            }
            long pieces = child.concurrentPieces();
            var load =
                    new Host.Load(
                            Math.max(0, content.pieceLength()) * pieces * 8,
                            pieces,
                            Math.max(0, content.length()));
            Edges.link(parent, child, load);
            added.add(parent);
        }
        review(child);
        return added;
    }

    /** All peers that get bytes from this one, directly or not. */
    public Set<Peer> descendants(Peer peer) {
        return Edges.descendants(peer);
    }

    /** Takes all edges to this child away. */
    public void disconnect(Peer child) {
        Edges.disconnect(child);
        review(child);
    }

    /** The peers that have or get bytes, in an order that changes from call to call. */
    public Iterable<Peer> suppliers(RandomGenerator random) {
        return suppliers.shuffled(random);
    }

    // --- the task ---

    /** Somebody wants the task. */
    public void run(Instant now) {
        state = TaskState.RUNNING;
        updatedAt = now;
    }

    /** Somebody holds all of it. */
    public void succeed(Instant now) {
        state = TaskState.SUCCEEDED;
        updatedAt = now;
    }

    /** The origin did not give it: nothing is known about it any more. */
    public void fail(Instant now) {
        state = TaskState.FAILED;
        content.forgetSize();
        updatedAt = now;
    }

    /** The task's id. */
    public String id() {
        return id;
    }

    /** Where the task stands. */
    public TaskState state() {
        return state;
    }

    /** The request of the peer that registered last. */
    public Download download() {
        return download;
    }

    /** All peers. */
    public List<Peer> peers() {
        return Collections.unmodifiableList(order);
    }

    /** What is known of its content. */
    public TaskContent content() {
        return content;
    }

    /** When the first peer came. */
    public Instant createdAt() {
        return createdAt;
    }

    /** When something last happened. */
    public Instant updatedAt() {
        return updatedAt;
    }
}
