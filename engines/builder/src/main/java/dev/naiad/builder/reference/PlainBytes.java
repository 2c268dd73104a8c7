package dev.naiad.builder.reference;

/** Receives the archive inside a layer as it is read, completely and in order. */
@FunctionalInterface
public interface PlainBytes {
    /** Ignores everything. */
    PlainBytes UNSEEN = (bytes, from, count) -> {};

    /** The next bytes; they change after the call. */
    void accept(byte[] bytes, int from, int count);
}
