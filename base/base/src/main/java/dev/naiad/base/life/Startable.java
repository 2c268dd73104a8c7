package dev.naiad.base.life;

/**
 * Something that begins work in {@code start}, never in its constructor. Close is idempotent and
 * safe after a failed start.
 */
public interface Startable extends AutoCloseable {
    /** Begins; called once. */
    void start() throws Exception;

    @Override
    void close();
}
