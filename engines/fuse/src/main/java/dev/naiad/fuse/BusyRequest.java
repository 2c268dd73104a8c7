package dev.naiad.fuse;

/**
 * A request being served, for reports.
 *
 * @param sinceMillis when it was read from the kernel, by the server's clock
 */
public record BusyRequest(long node, int opcode, long unique, long sinceMillis) {}
