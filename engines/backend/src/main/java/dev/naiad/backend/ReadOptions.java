package dev.naiad.backend;

import dev.naiad.base.concurrent.Deadline;
import java.util.function.LongConsumer;

/**
 * How a range is to be read.
 *
 * @param priority who waits
 * @param deadline for the read with its retries
 * @param direct past mirrors and proxies, straight from the origin: what came through them was
 *     wrong
 * @param progress gets the number of bytes at the start of the target that are final, on the
 *     calling thread, now and then; so that the first chunk is decoded while the last is on the
 *     wire. An attempt that starts anew reports lower numbers than the one before.
 */
public record ReadOptions(
        ReadPriority priority, Deadline deadline, boolean direct, LongConsumer progress) {
    /** For a reader, through whatever the configuration says. */
    public static ReadOptions user(Deadline deadline) {
        return new ReadOptions(ReadPriority.USER, deadline, false, bytes -> {});
    }
}
