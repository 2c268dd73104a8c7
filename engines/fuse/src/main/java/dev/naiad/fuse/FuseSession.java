package dev.naiad.fuse;

/**
 * What kernel and server agreed on at INIT. The kernel says it once for the life of a connection,
 * so a successor of a server must be given it.
 *
 * @param minor protocol 7.minor
 * @param flags both words of flags that are in force
 * @param noOpen whether OPEN was answered by "not implemented"
 */
public record FuseSession(int minor, long flags, boolean noOpen) {
    /** True if requests that a dead server had taken can be asked for again (kernel 6.9). */
    public boolean canResend() {
        return (flags & FuseWire.HAS_RESEND) != 0;
    }
}
