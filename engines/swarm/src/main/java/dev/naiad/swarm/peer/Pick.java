package dev.naiad.swarm.peer;

/** A transfer to begin. */
public record Pick(Neighbour from, int piece) {}
