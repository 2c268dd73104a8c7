package dev.naiad.swarm.peer;

import java.util.BitSet;

/**
 * What a peer knows of another one that may give it pieces of a task. Changed through {@link
 * PieceChoice} only. Not thread-safe.
 */
public final class Neighbour {
    private final String name;
    private final boolean seed;
    private final BitSet pieces = new BitSet();

    /** How often the neighbour has begun to send a piece to anybody, by piece; only as it says. */
    private int[] sent = new int[0];

    private int slots;
    private int reported;
    private int begunSinceReport;
    private int outstanding;
    private volatile boolean reportsLoad;
    private boolean usable = true;

    /**
     * A neighbour that has said nothing yet.
     *
     * @param slots how many transfers it may have running for us and others
     */
    public Neighbour(String name, boolean seed, int slots) {
        this.name = name;
        this.seed = seed;
        this.slots = slots;
    }

    /** Whether it fetches for others and gives without taking. */
    public boolean isSeed() {
        return seed;
    }

    /** Whether it has the piece, as far as it said. */
    public boolean has(int piece) {
        return pieces.get(piece);
    }

    /** Whether pieces may be taken from it. */
    public boolean isUsable() {
        return usable;
    }

    /** Transfers from it to us that run. */
    public int outstanding() {
        return outstanding;
    }

    /** Whether one more transfer from it would run at once, or as the next one. */
    public boolean hasCredit() {
        return load() <= slots;
    }

    /**
     * Transfers from it that run, to anybody: what it said last and what we have begun since, but
     * at least our own.
     */
    int load() {
        return Math.max(reported + begunSinceReport, outstanding);
    }

    /** It says how many uploads run or wait, and how many may run. */
    public void reportLoad(int uploads, int uploadSlots) {
        reported = uploads;
        slots = uploadSlots;
        begunSinceReport = 0;
        reportsLoad = true;
    }

    /** Whether it has said how busy it is. Safe for threads. */
    public boolean reportsLoad() {
        return reportsLoad;
    }

    /** It says how often it has begun to send a piece. */
    public void reportSent(int piece, int times) {
        if (piece >= sent.length) {
            sent = java.util.Arrays.copyOf(sent, Math.max(piece + 1, 2 * sent.length));
        }
        sent[piece] = times;
    }

    int sent(int piece) {
        return piece < sent.length ? sent[piece] : 0;
    }

    BitSet pieces() {
        return pieces;
    }

    void began() {
        outstanding++;
        begunSinceReport++;
    }

    void ended() {
        outstanding--;
    }

    void setUsable(boolean now) {
        usable = now;
    }

    @Override
    public String toString() {
        return name;
    }
}
