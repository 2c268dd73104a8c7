package dev.naiad.builder.chunk;

/**
 * What stands behind the records of a blob's chunk information: the units that several chunks
 * share.
 *
 * @param bytes contexts, then what they refer to
 */
@SuppressWarnings("ArrayRecordComponent") // handed over
public record ContextTable(int count, byte[] bytes) {
    public static final ContextTable EMPTY = new ContextTable(0, new byte[0]);
}
