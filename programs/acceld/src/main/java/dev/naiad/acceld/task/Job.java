package dev.naiad.acceld.task;

import dev.naiad.oci.ref.ImageReference;
import java.util.concurrent.CountDownLatch;

/**
 * A task on its way.
 *
 * @param done counted down when it has ended, or the queue
 */
record Job(String id, ImageReference source, CountDownLatch done) {
    static Job of(Task task, ImageReference source) {
        return new Job(task.id(), source, new CountDownLatch(1));
    }

    /** What is not converted twice at a time. */
    String key() {
        return source.toString();
    }
}
