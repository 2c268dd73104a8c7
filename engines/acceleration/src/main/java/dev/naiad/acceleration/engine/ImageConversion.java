package dev.naiad.acceleration.engine;

import dev.naiad.oci.ref.ImageReference;

/** What is done for a task. For several threads. */
@FunctionalInterface
public interface ImageConversion {
    /**
     * What came of it.
     *
     * @param note for the task's reason; mostly empty
     */
    record Outcome(long sourceSize, long targetSize, String note) {}

    /** Runs until the converted image can be pulled; an interrupt ends it. */
    Outcome convert(ImageReference source) throws Exception;
}
