package dev.naiad.scheduler.scheduling;

import dev.naiad.scheduler.resource.Peer;
import java.util.List;

/** What a peer that waits for parents is told. */
public sealed interface Verdict {
    /**
     * Fetch from these; the edges are drawn.
     *
     * @param introduced who is to be told of the peer in turn
     */
    record Parents(List<Peer> parents, List<Peer> introduced) implements Verdict {}

    /** Fetch from the origin; the place is reserved. */
    record BackToSource(String why) implements Verdict {}

    /** Look again when the task changed or the round is over. */
    record Wait(boolean countsAsRound) implements Verdict {}

    /** There will be no parents. */
    record GiveUp(String why) implements Verdict {}
}
