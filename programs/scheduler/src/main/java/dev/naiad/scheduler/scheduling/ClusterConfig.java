package dev.naiad.scheduler.scheduling;

/** What may change while the scheduler runs. */
public record ClusterConfig(SchedulingLimits limits, Priorities priorities) {}
