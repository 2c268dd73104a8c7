package dev.naiad.builder.reference;

/** Sees the archive inside a layer as it is read, all of it and in order. */
@FunctionalInterface
public interface PlainBytes {
    /** Looks at nothing. */
    PlainBytes UNSEEN = (bytes, from, count) -> {};

    /** The next bytes; they change after the call. */
    void accept(byte[] bytes, int from, int count);
}
