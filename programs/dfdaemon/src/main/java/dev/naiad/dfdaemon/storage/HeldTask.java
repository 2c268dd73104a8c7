package dev.naiad.dfdaemon.storage;

import java.time.Instant;

/** A task on disk, with the time of its last use. */
public record HeldTask(String taskId, Instant lastUsed) {}
