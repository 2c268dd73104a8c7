package dev.naiad.scheduler.resource;

/** Whom a change to a swarm concerns among the peers that wait for parents. */
enum News {
    /** Nobody. */
    NONE,
    /** One peer, whichever: a place at the origin is free, or the seed is not coming. */
    FOR_ONE,
    /** Every peer: there is a parent that was not there before. */
    FOR_ALL
}
