package dev.naiad.dfdaemon.task;

/** What the scheduler has said of a task so far. */
enum SwarmState {
    /** Its answer is awaited. */
    ASKING,
    /** It named parents. */
    PARENTS,
    /** It sent us to the origin. */
    BACK_TO_SOURCE,
    /** There is none, or the conversation broke. */
    ALONE
}
