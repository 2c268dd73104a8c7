package dev.naiad.scheduler.scheduling;

import java.time.Duration;

/**
 * The numbers of a decision.
 *
 * @param candidateParents parents in one answer
 * @param filterParents usable peers looked at before the best are taken
 * @param retryBackToSource empty rounds before the peer is sent to the origin
 * @param retry empty rounds before the answer is an error
 * @param retryInterval length of a round; a change in the task ends the wait earlier
 * @param seedWait how long a running call to a seed keeps peers from the origin
 */
public record SchedulingLimits(
        int candidateParents,
        int filterParents,
        int retryBackToSource,
        int retry,
        Duration retryInterval,
        Duration seedWait) {
    /** What applies when the cluster does not say. */
    public static final int CANDIDATE_PARENTS = 3;

    /** What applies when the cluster does not say. */
    public static final int FILTER_PARENTS = 15;

    /** A seed that takes longer than this to begin holds nobody back any more. */
    public static final Duration SEED_WAIT = Duration.ofSeconds(20);

    /** Zero or negative limits of the cluster mean the defaults. */
    public SchedulingLimits {
        candidateParents = candidateParents > 0 ? candidateParents : CANDIDATE_PARENTS;
        filterParents = filterParents > 0 ? filterParents : FILTER_PARENTS;
    }
}
