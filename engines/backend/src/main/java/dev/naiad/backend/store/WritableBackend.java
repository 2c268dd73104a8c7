package dev.naiad.backend.store;

import dev.naiad.base.concurrent.Deadline;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/**
 * Where blobs are put so that a {@link dev.naiad.backend.Backend} of the same configuration reads
 * them. Blocking, for any number of threads. An object is there wholly or not at all. Retries are
 * behind this interface; failures are {@link dev.naiad.base.error.NaiadException}s that name the
 * object.
 */
public interface WritableBackend extends AutoCloseable {
    /** {@code localfs}, {@code s3} or {@code oss}. */
    String type();

    /** Where an object of that name is, for people. */
    String locationOf(String name);

    /** Size of an object; empty if there is none. */
    OptionalLong size(String name, Deadline deadline);

    /**
     * Stores an object, in place of one of that name. What an interrupted call for the same content
     * has sent already is not sent again where the store can tell.
     *
     * @param progress told how many bytes have been sent
     */
    void put(String name, Content content, LongConsumer progress, Deadline deadline);

    @Override
    void close();
}
