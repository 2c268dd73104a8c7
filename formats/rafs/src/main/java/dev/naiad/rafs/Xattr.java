package dev.naiad.rafs;

/**
 * One extended attribute with its whole name ({@code security.capability}); both arrays belong to
 * the receiver.
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere; copied where it enters a tree
public record Xattr(byte[] name, byte[] value) {}
