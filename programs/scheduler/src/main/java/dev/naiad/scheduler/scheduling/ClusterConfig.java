package dev.naiad.scheduler.scheduling;

/** What may change while the scheduler runs. */
public record ClusterConfig(Limits limits, Priorities priorities) {}
